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

extension Conninfo {
    /// The keywords and values that `PQconnectdbParams` is given, to be read with `expand_dbname` set.
    ///
    /// What stands before `dbname` is a default that the conninfo overrides, what stands after it overrides the
    /// conninfo. (A service file comes last in libpq, so it cannot change the defaults given here; a conninfo can.)
    func parameters(_ options: ConnectionOptions, withSettings: Bool = true) -> [(keyword: String, value: String)] {
        var parameters: [(keyword: String, value: String)] = [("fallback_application_name", options.applicationName)]
        if self["connect_timeout"] == nil {
            parameters.append(("connect_timeout", String(secondsPerHost(options.connectTimeout))))
        }
        // A peer that vanished without a word is noticed within half a minute instead of hours.
        parameters += [
            ("keepalives_idle", "10"),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "20000"),
        ]
        // What GSSAPI has decrypted waits in a buffer of libpq's, where neither poll() nor SSL_pending sees it.
        if self["gssencmode"] == nil { parameters.append(("gssencmode", "disable")) }
        if options.requiresPrimary, self["target_session_attrs"] == nil {
            parameters.append(("target_session_attrs", "read-write"))
        }
        parameters.append(("dbname", text))
        if withSettings, !options.settings.isEmpty {
            parameters.append(("options", startupOptions(options.settings)))
        }
        // Swift's strings are UTF-8, and every text is passed on as it is.
        parameters.append(("client_encoding", "UTF8"))
        return parameters
    }

    private func secondsPerHost(_ timeout: Duration) -> Int64 {
        let hosts = max(Self.list(self["host"]).count, Self.list(self["hostaddr"]).count, 1)
        return max(2, timeout.components.seconds / Int64(hosts))
    }

    /// `-c name=value …` in the server's quoting: a backslash before what would end or change a word. Of two with one name
    /// the server takes the second.
    private func startupOptions(_ settings: [String: String]) -> String {
        let words = settings.sorted { $0.key < $1.key }.map { name, value in
            // By scalars: a line end of two is one Character, and has to be escaped twice.
            let escaped = "\(name)=\(value)".unicodeScalars.map { scalar in
                scalar.properties.isWhitespace || scalar == "\\" ? "\\\(scalar)" : String(scalar)
            }
            return "-c " + escaped.joined()
        }
        return ([self["options"]].compactMap { $0 } + words).joined(separator: " ")
    }
}

extension ConnectionOptions {
    /// Whether a pooler has refused the settings at the start, in PgBouncer's words, which it does not translate.
    func isRefused(_ reason: String) -> Bool {
        !settings.isEmpty && reason.contains("unsupported startup parameter")
    }
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

/// Where a conninfo leads, for people: hosts, database and user, and never a password.
///
/// What the conninfo leaves out comes from the environment (`PGHOST` and the like); what that leaves out too is libpq's
/// default. A service file is not looked into.
package struct ConnectionTarget: Sendable, Hashable, CustomStringConvertible {
    /// Host names, addresses or socket folders, in the order in which they are tried; empty: libpq's default.
    package let hosts: [String]
    /// A port for every host, or one for all; empty: 5432.
    package let ports: [String]
    /// The database's name; `nil`: named like the user.
    package let database: String?
    /// The user's name; `nil`: that of the operating system's user.
    package let user: String?
    /// Whether the string itself has a password.
    package let hasPassword: Bool

    /// Reads a conninfo or URI without connecting.
    ///
    /// - Throws: ``ConnectionError/invalidConninfo(_:)``.
    package init(conninfo: String) throws(ConnectionError) {
        self.init(try Conninfo(conninfo))
    }

    init(_ conninfo: Conninfo) {
        let hosts = Conninfo.list(conninfo["host"])
        self.hosts = hosts.isEmpty ? Conninfo.list(conninfo["hostaddr"]) : hosts
        ports = Conninfo.list(conninfo["port"])
        database = conninfo["dbname"]
        user = conninfo["user"]
        hasPassword = conninfo.hasPassword
    }

    /// One line, for instance `db1:5432,db2:5433 database shop as worker`.
    package var description: String {
        let places = (hosts.isEmpty ? ["default host"] : hosts).enumerated().map { index, host in
            let port = index < ports.count ? ports[index] : ports.count == 1 ? ports[0] : ""
            return port.isEmpty ? host : "\(host):\(port)"
        }
        let database = database.map { " database \($0)" } ?? ""
        let user = user.map { " as \($0)" } ?? ""
        return places.joined(separator: ",") + database + user
    }
}
