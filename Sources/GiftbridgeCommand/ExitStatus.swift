import ArgumentParser
import Giftbridge
import Glibc
import LibPQ
import LocalPostgres
import Sandbox

/// The command's exit status (docs/operating.md; numbers after sysexits.h).
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case wrongUsage = 64
    case unavailable = 69
    case wrongConfiguration = 78

    /// What an error of a command means.
    init(_ error: any Error) {
        switch error {
        case is ConfigurationError, is Schema.Mismatch, is SandboxConfigurationError, is Worker.Clone:
            self = .wrongConfiguration
        case ConnectionError.invalidConninfo: self = .wrongConfiguration
        case is ConnectionError: self = .unavailable
        // The server refuses the session: authorization, unknown database, too many connections, starting up.
        case let error as ServerError where ["08", "28", "3D", "53", "57"].contains(error.sqlStateClass):
            self = .unavailable
        default: self = .failed
        }
    }

    /// Ends the process with an error's exit status, after one line on standard error that says what happened and what to do.
    static func end(with error: any Error) -> Never {
        // The argument parser prints help, version, completion scripts and wrong usage.
        let usage = GiftbridgeCommand.exitCode(for: error)
        if let code = error as? ExitCode { leave(code.rawValue) }
        if error is CleanExit || usage == .success || usage == .validationFailure {
            GiftbridgeCommand.exit(withError: error)
        }
        LineWriter.standardError.write("giftbridge: \(sentence(error))")
        ExitStatus(error).end()
    }

    /// Ends the process at once. What was printed and logged is still written if its reader takes it within a second.
    func end() -> Never { Self.leave(rawValue) }

    /// Ends without `exit(3)`, whose handlers free state of OpenSSL and NIO that other threads still use.
    private static func leave(_ status: Int32) -> Never {
        LineWriter.standardError.flush(within: .seconds(1))
        fflush(nil)
        _exit(status)
    }

    /// The error on one line.
    private static func sentence(_ error: any Error) -> String {
        var text = (error as? ServerError)?.message ?? String(describing: error)
        if let error = error as? ServerError, error.sqlState == "42501", error.message.hasPrefix("permission denied") {
            text += ": your database role lacks permission; use a member of giftbridge_worker, or the schema's owner"
        }
        return text.split(whereSeparator: \.isNewline).joined(separator: " ").printable
    }
}
