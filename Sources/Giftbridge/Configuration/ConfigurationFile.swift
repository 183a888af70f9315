import CYAML
import FoundationEssentials
import Glibc
import LibPQ

/// A file of settings, YAML or JSON: the variables' names in lower case, without `GIFTBRIDGE_`.
///
/// ```yaml
/// api_url: https://api.devsmartgift.co.uk
/// api_key_file: /etc/giftbridge/key
/// concurrency: 16
/// ```
package struct ConfigurationFile: Sendable, Equatable {
    /// Where it was read.
    package let path: String
    /// Values by variable name.
    let values: [String: String]

    /// The file that `--config` or `GIFTBRIDGE_CONFIG` names.
    ///
    /// - Returns: Nil if neither names a file.
    /// - Throws: ``ConfigurationError`` that names the file, and the line of what is wrong in it.
    package static func read(flag: String?, environment: [String: String]) throws(ConfigurationError)
        -> ConfigurationFile?
    {
        guard let path = flag ?? environment["GIFTBRIDGE_CONFIG"], !path.isEmpty else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {  // The reason is always the same.
            throw ConfigurationError(
                flag == nil ? "GIFTBRIDGE_CONFIG" : "--config", "names a file that cannot be read: \(path)")
        }
        let file = try ConfigurationFile(path: path, text: text)
        try file.checkPassword()
        return file
    }

    /// Reads a file's text.
    init(path: String, text: String) throws(ConfigurationError) {
        self.path = path
        var values: [String: String] = [:]
        do throws(FlatYAML.Fault) {
            for member in try FlatYAML(parsing: text).members {
                if let fault = Self.fault(of: member) { throw FlatYAML.Fault(line: member.line, problem: fault) }
                values[Setting.variable(key: member.name)] = member.value
            }
        } catch {
            throw ConfigurationError("\(path):\(error.line):", error.problem)
        }
        self.values = values
    }

    private static func fault(of member: FlatYAML.Member) -> String? {
        if Setting.isSecret(key: member.name) {
            return
                "\(member.name) is a secret and must not be in this file: put it into a separate file, and give that file's "
                + "path as \(member.name)_file"
        }
        guard Setting.isKnown(key: member.name) else {
            let hint = Setting.nearest(to: member.name).map { "; did you mean \($0)?" } ?? ""
            return "there is no setting \"\(member.name)\"\(hint)"
        }
        return member.value == nil ? "\(member.name) has no value: set one, or remove the line" : nil
    }

    /// Refuses a file with a password that all users of the machine may read.
    private func checkPassword() throws(ConfigurationError) {
        // An invalid conninfo is refused where it is used.
        guard let url = values["GIFTBRIDGE_DATABASE_URL"], let target = try? ConnectionTarget(conninfo: url),
            target.hasPassword
        else { return }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IROTH == 0 else {
            throw ConfigurationError(
                "database_url in \(path)",
                "has a password, but all users may read that file: chmod o-r it, or use ~/.pgpass")
        }
    }
}

/// A YAML (and so a JSON) document that is one flat mapping: names to scalars, or to lists of them.
///
/// Read with libyaml's events. The Swift wrappers need all of Foundation, which would use more memory than the worker.
struct FlatYAML {
    /// A member of the mapping.
    struct Member: Equatable {
        let name: String
        /// The scalar's text, or a list's elements separated by commas; nil if there is no value, or `null`.
        let value: String?
        /// From 1.
        let line: Int
    }

    /// In the document's order.
    private(set) var members: [Member] = []

    /// What is wrong with a document, and where.
    struct Fault: Error, Equatable {
        /// From 1.
        let line: Int
        let problem: String
    }

    /// Parses a document. An empty one has no members.
    init(parsing text: String) throws(Fault) {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            throw Fault(line: 1, problem: "not enough memory to read it")
        }
        defer { yaml_parser_delete(&parser) }
        var bytes = Array(text.utf8)
        let outcome = bytes.withUnsafeMutableBufferPointer { buffer -> Result<[Event], Fault> in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            return Self.events(&parser)
        }
        var events = try outcome.get()[...]
        guard let first = events.popFirst() else { return }
        guard case .beginMapping = first.kind else {
            throw Fault(line: first.line, problem: "must be a list of settings, one \"name: value\" a line")
        }
        while let event = events.popFirst(), event.kind != .end {
            guard case .scalar(let name, _) = event.kind else {
                throw Fault(line: event.line, problem: "a setting's name must be plain text")
            }
            guard !members.contains(where: { $0.name == name }) else {
                throw Fault(line: event.line, problem: "\(name) is set twice")
            }
            members.append(Member(name: name, value: try Self.value(of: name, &events), line: event.line))
        }
        if let more = events.first {
            throw Fault(line: more.line, problem: "the file has a second document; only one is allowed")
        }
    }

    private static func value(of name: String, _ events: inout ArraySlice<Event>) throws(Fault) -> String? {
        guard let event = events.popFirst() else { return nil }
        switch event.kind {
        case .scalar(let text, let isQuoted):
            return !isQuoted && ["", "~", "null", "Null", "NULL"].contains(text) ? nil : text
        case .beginList:
            var elements: [String] = []
            while let element = events.popFirst(), element.kind != .end {
                guard case .scalar(let text, _) = element.kind else {
                    throw Fault(line: element.line, problem: "\(name) must be a value or a list of values")
                }
                elements.append(text)
            }
            return elements.joined(separator: ",")
        default:
            throw Fault(line: event.line, problem: "\(name) must be a value or a list of values")
        }
    }

    /// The parts of libyaml's events that are used here.
    private struct Event {
        enum Kind: Equatable {
            case scalar(String, isQuoted: Bool)
            case beginMapping, beginList, end
        }
        let kind: Kind
        let line: Int
    }

    private static func events(_ parser: inout yaml_parser_t) -> Result<[Event], Fault> {
        var events: [Event] = []
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(&parser, &event) == 1 else {
                let problem = parser.problem.map { String(cString: $0) } ?? "cannot be read"
                return .failure(
                    Fault(line: Int(parser.problem_mark.line) + 1, problem: "is not YAML or JSON: \(problem)"))
            }
            defer { yaml_event_delete(&event) }
            let line = Int(event.start_mark.line) + 1
            switch event.type {
            case YAML_STREAM_END_EVENT: return .success(events)
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                let text = String(
                    decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
                events.append(
                    Event(kind: .scalar(text, isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE), line: line))
            case YAML_MAPPING_START_EVENT: events.append(Event(kind: .beginMapping, line: line))
            case YAML_SEQUENCE_START_EVENT: events.append(Event(kind: .beginList, line: line))
            case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT: events.append(Event(kind: .end, line: line))
            case YAML_ALIAS_EVENT:
                return .failure(Fault(line: line, problem: "aliases (*name) are not supported"))
            default: break
            }
        }
    }
}
