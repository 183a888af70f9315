import ArgumentParser
import FoundationEssentials
import Giftbridge

/// `giftbridge check`: checks everything that a worker needs.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Check configuration, database, schema, permissions, LISTEN, keys and vendor, and say how to fix each fault.",
        discussion: """
            Changes nothing but a count: it asks the vendor for its payment methods, once per key, and each of these requests \
            takes its place in the rate limit.

            Exit status: 0 no fault (there may be warnings); 69 database or vendor not reachable; 78 wrong configuration.
            """)

    @OptionGroup var options: WorkerOptions
    @Flag(help: "Print JSON: an array of findings.") var json = false

    func run() async throws {
        var findings: [Finding] = []
        let terminal = Terminal.standard
        func found(_ finding: Finding) {
            findings.append(finding)
            guard !json else { return }
            for line in Self.lines(finding, terminal) { print(line) }
            flushStandardOutput()
        }
        do {
            let configuration = try options.configuration()
            found(.init(subject: .configuration, level: .ok, what: "All settings are valid.", remedy: nil))
            await Checkup(configuration).run(found)
        } catch let error as ConfigurationError {
            found(
                .init(
                    subject: .configuration, level: .fault, what: "\(error).",
                    remedy: "giftbridge run --help and deploy/giftbridge.yaml list all settings."))
        }
        if json {
            print(try OperatorJSON.text(findings))
        } else {
            print(Self.summary(findings))
        }
        if findings.contains(where: { $0.level == .fault }) { throw ExitCode(ExitStatus.wrongConfiguration.rawValue) }
        if findings.contains(where: { $0.level == .unreachable }) { throw ExitCode(ExitStatus.unavailable.rawValue) }
    }

    private static func lines(_ finding: Finding, _ terminal: Terminal) -> [String] {
        let (mark, style): (String, Terminal.Style) =
            switch finding.level {
            case .ok: ("ok  ", .green)
            case .warning: ("warn", .yellow)
            case .fault, .unreachable: ("FAIL", .red)
            }
        var lines = terminal.wrapped("\(finding.subject.rawValue): \(finding.what)", indent: 6)
        lines[0] = terminal.styled(mark, style) + "  " + lines[0].dropFirst(6)
        if let remedy = finding.remedy { lines += terminal.wrapped("→ " + remedy, indent: 6) }
        return lines
    }

    private static func summary(_ findings: [Finding]) -> String {
        let faults = findings.count { [.fault, .unreachable].contains($0.level) }
        let warnings = findings.count { $0.level == .warning }
        let warned = warnings == 0 ? "" : warnings == 1 ? ", 1 warning" : ", \(warnings) warnings"
        return (faults == 0 ? "No fault" : faults == 1 ? "1 fault" : "\(faults) faults") + warned + "."
    }
}
