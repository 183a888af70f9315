import CLibPQ

/// A conninfo string or URI, taken apart by libpq.
///
/// Follows [`PQconninfoParse`](https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQCONNINFOPARSE).
struct Conninfo {
    /// The string itself. It may hold a password: never to be logged.
    let text: String
    private var values: [String: String] = [:]
    private var environment: [String: String] = [:]

    init(_ text: String) throws(ConnectionError) {
        guard !text.utf8.contains(0) else { throw .invalidConninfo("it has a NUL character") }
        self.text = text
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            defer { PQfreemem(message) }
            let reason = message.map { String(cString: $0) } ?? "out of memory"
            throw .invalidConninfo(Self.withoutQuotes(reason.oneLine, ifSecret: text))
        }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            let name = String(cString: keyword)
            if let value = option.pointee.val { values[name] = String(cString: value) }
            if let variable = option.pointee.envvar { environment[name] = String(cString: variable) }
            option += 1
        }
        try checkForStrayPassword()
    }

    /// What the string says, or else the environment variable that libpq asks; empty counts as absent.
    subscript(keyword: String) -> String? {
        if let value = values[keyword], !value.isEmpty { return value }
        guard let variable = environment[keyword], let value = getenv(variable) else { return nil }
        return value.pointee == 0 ? nil : String(cString: value)
    }

    /// Whether the string itself, not the environment, has a password.
    var hasPassword: Bool { values["password"]?.isEmpty == false }

    /// A comma-separated value, as `host` and `port` may be.
    static func list(_ value: String?) -> [String] {
        value?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
    }

    /// An unescaped `/` or `@` in a URI's password moves a part of it into host, port or database, and from there into
    /// messages. All of these are mistakes, so they are refused here, without quoting.
    private func checkForStrayPassword() throws(ConnectionError) {
        for port in Self.list(values["port"]) where !port.isEmpty {
            guard let number = UInt16(port), number > 0 else {
                throw .invalidConninfo("port must be a number from 1 to 65535")
            }
        }
        guard isURI else { return }
        for keyword in ["host", "dbname"] where values[keyword]?.contains("@") == true {
            throw .invalidConninfo("\(keyword) has an @; in a password write it as %40 (and / as %2F, : as %3A)")
        }
    }

    private var isURI: Bool {
        text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
    }

    /// libpq's messages quote what they could not read, which may be a piece of a password: if there seems to be one
    /// in `text`, quotations are cut out unless they are a sign or an option's name.
    private static func withoutQuotes(_ message: String, ifSecret text: String) -> String {
        guard text.lowercased().contains("pass") || text.contains("@") else { return message }
        let pieces = message.split(separator: "\"", omittingEmptySubsequences: false)
        return pieces.enumerated().map { index, piece in
            let isQuoted = index % 2 == 1
            return isQuoted && !harmless.contains(String(piece)) ? "…" : String(piece)
        }.joined(separator: "\"")
    }

    private static let harmless: Set<String> = ["=", "&", "]", "[", ":", "/", "?", "password", "user", "host", "port"]
}

extension String {
    /// Without line ends and the space around them: libpq's messages end with one and may have several lines.
    var oneLine: String {
        split { $0.isNewline }
            .map { line in
                let start = line.drop(while: \.isWhitespace)
                return String(start.reversed().drop(while: \.isWhitespace).reversed())
            }
            .filter { !$0.isEmpty }
            .joined(separator: "; ")
    }
}
