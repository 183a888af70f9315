extension Conninfo {
    /// The keywords and values that `PQconnectdbParams` is given, to be read with `expand_dbname` set.
    ///
    /// What stands before `dbname` is a default that the conninfo overrides, what stands after it overrides the
    /// conninfo. (A service file comes last in libpq, so it cannot change the defaults given here; a conninfo can.)
    func parameters(_ options: ConnectionOptions) -> [(keyword: String, value: String)] {
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
        if options.requiresPrimary, self["target_session_attrs"] == nil {
            parameters.append(("target_session_attrs", "read-write"))
        }
        parameters.append(("dbname", text))
        if !options.settings.isEmpty {
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

    /// `-c name=value …` in the server's quoting: a backslash before what would end or change a word.
    private func startupOptions(_ settings: [String: String]) -> String {
        let words = settings.sorted { $0.key < $1.key }.map { name, value in
            let escaped = "\(name)=\(value)".map { $0.isWhitespace || $0 == "\\" ? "\\\($0)" : String($0) }
            return "-c " + escaped.joined()
        }
        return ([self["options"]].compactMap { $0 } + words).joined(separator: " ")
    }
}
