import FoundationEssentials
import Giftbridge
import Logging
import Synchronization

/// Writes each log event as one line to standard error: readable text, or one JSON object.
struct LineLogHandler: LogHandler {
    /// How a line looks; `GIFTBRIDGE_LOG_FORMAT`.
    enum Format: String, CaseIterable {
        case text, json
    }

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    let format: Format

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = (event.metadata ?? [:]).merging(metadata) { ofEvent, _ in ofEvent }
        LineWriter.standardError.write(Self.line(format, event.level, event.message.description, all))
    }

    /// One event as one line, with the current time.
    static func line(
        _ format: Format, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata
    ) -> String {
        let all = metadata.sorted { $0.key < $1.key }
        let time = Timestamp.now
        var line = ""
        line.reserveCapacity(256)
        switch format {
        case .text:
            line += "\(time) \(level) \(message)"
            for (key, value) in all { line += " \(key)=\(value)" }
            line = line.printable
        case .json:
            line += "{"
            append("time", time, to: &line)
            line += ","
            append("level", level.rawValue, to: &line)
            line += ","
            append("message", message, to: &line)
            for (key, value) in all {
                line += ","
                append(key, value.description, to: &line)
            }
            line += "}"
            line = line.withEscapedControls
        }
        return line
    }

    private static func append(_ name: String, _ value: String, to line: inout String) {
        append(name, to: &line)
        line += ":"
        append(value, to: &line)
    }

    private static func append(_ text: String, to line: inout String) {
        line += "\""
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            line += text
        } else {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"", "\\": line += "\\\(scalar)"
                case "\n": line += "\\n"
                case _ where scalar.value < 0x20:
                    line += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                default: line.unicodeScalars.append(scalar)
                }
            }
        }
        line += "\""
    }
}

extension Logger {
    /// The command's logger, as `GIFTBRIDGE_LOG_LEVEL` (info) and `GIFTBRIDGE_LOG_FORMAT` (text on a terminal, else json) say.
    static func giftbridge(_ settings: LogSettings, isTerminal: Bool) -> Logger {
        let format = settings.format.flatMap(LineLogHandler.Format.init) ?? (isTerminal ? .text : .json)
        LineWriter.standardError.sayDrops { count in
            LineLogHandler.line(
                format, .warning, "\(count) log lines were dropped because standard error was not read fast enough.",
                [:])
        }
        return Logger(label: "giftbridge") { _ in LineLogHandler(logLevel: settings.level, format: format) }
    }
}

/// The time of a line, in ISO 8601 with milliseconds. Lines of the same second share its formatted text.
private enum Timestamp {
    private static let last = Mutex((second: -1.0, text: ""))

    static var now: String {
        let now = Date.now.timeIntervalSince1970
        let second = now.rounded(.down)
        let text = last.withLock { last in
            if last.second != second {
                last = (second, String(Date(timeIntervalSince1970: second).formatted(.iso8601).dropLast()))
            }
            return last.text
        }
        let milliseconds = String(Int((now - second) * 1000))
        return text + "." + String(repeating: "0", count: 3 - milliseconds.count) + milliseconds + "Z"
    }
}
