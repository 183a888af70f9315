import ArgumentParser
import Giftbridge
import LibPQ
import LocalPostgres
import Sandbox

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The command's exit status (contract §2; numbers after sysexits.h).
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case wrongUsage = 64
    case unavailable = 69
    case wrongConfiguration = 78

    /// What an error of a command means.
    init(_ error: any Error) {
        switch error {
        case is ConfigurationError, is Schema.Mismatch, is SandboxConfigurationError: self = .wrongConfiguration
        case ConnectionError.invalidConninfo: self = .wrongConfiguration
        case is ConnectionError: self = .unavailable
        // The server turns us away: authorization, a database that is not there, no more connections, starting up.
        case let error as ServerError where ["08", "28", "3D", "53", "57"].contains(error.sqlStateClass):
            self = .unavailable
        default: self = .failed
        }
    }

    /// Ends the process as an error demands: one line on standard error that says what and what to do.
    static func end(with error: any Error) -> Never {
        // Help, version, completion scripts and wrong usage are the argument parser's to print.
        let usage = GiftbridgeCommand.exitCode(for: error)
        if let code = error as? ExitCode { leave(code.rawValue) }
        if error is CleanExit || usage == .success || usage == .validationFailure {
            GiftbridgeCommand.exit(withError: error)
        }
        StandardError.write("giftbridge: \(sentence(error))")
        ExitStatus(error).end()
    }

    /// Ends the process at once: what was printed and logged is written if its reader takes it within a second.
    func end() -> Never { Self.leave(rawValue) }

    /// Ends without `exit(3)`, whose handlers take OpenSSL's and NIO's state from under threads that still use it.
    private static func leave(_ status: Int32) -> Never {
        StandardError.writer.flush(within: .seconds(1))
        fflush(nil)
        _exit(status)
    }

    /// The error on one line.
    private static func sentence(_ error: any Error) -> String {
        var text = (error as? ServerError)?.message ?? String(describing: error)
        if let error = error as? ServerError, error.sqlState == "42501", error.message.hasPrefix("permission denied") {
            text += ": the database role may not do this; connect as one that may, for instance the schema's owner"
        }
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
