import CLibPQ

/// Where a conninfo leads, for people: hosts, database and user, and never a password.
///
/// What the conninfo leaves out comes from the environment (`PGHOST` and the like); what that leaves out too is libpq's
/// default. A service file is not looked into.
public struct ConnectionTarget: Sendable, Hashable, CustomStringConvertible {
    /// Host names, addresses or socket folders, in the order in which they are tried; empty: libpq's default.
    public let hosts: [String]
    /// A port for every host, or one for all; empty: 5432.
    public let ports: [String]
    /// The database's name; `nil`: named like the user.
    public let database: String?
    /// The user's name; `nil`: that of the operating system's user.
    public let user: String?
    /// Whether the string itself has a password.
    public let hasPassword: Bool

    /// Reads a conninfo or URI without connecting.
    ///
    /// - Throws: ``ConnectionError/invalidConninfo(_:)``.
    public init(conninfo: String) throws(ConnectionError) {
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
    public var description: String {
        let places = (hosts.isEmpty ? ["default host"] : hosts).enumerated().map { index, host in
            let port = index < ports.count ? ports[index] : ports.count == 1 ? ports[0] : ""
            return port.isEmpty ? host : "\(host):\(port)"
        }
        let database = database.map { " database \($0)" } ?? ""
        let user = user.map { " as \($0)" } ?? ""
        return places.joined(separator: ",") + database + user
    }
}
