import LibPQ
import Logging

/// A connection that only reads, opened when it is needed and reopened after it was lost.
///
/// Its session is read-only and its statements have a time limit, so reading never slows down sales. Concurrent reads take
/// turns, so there is never more than one connection.
public actor LookingConnection {
    private let conninfo: String
    private let logger: Logger
    private var connection: Connection?
    private var isBusy = false
    /// Reads that wait for their turn, in order of arrival.
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private static let mostWaiters = 50
    /// Maximum duration of a statement; then the server cancels it.
    private static let statementTimeout: Duration = .seconds(3)

    /// Too many reads are waiting for their turn.
    public struct Crowded: Error, CustomStringConvertible {
        /// Why nothing was read.
        public var description: String { "too many requests are waiting for the database" }
    }

    /// Creates it without connecting.
    public init(conninfo: String, logger: Logger) {
        self.conninfo = conninfo
        self.logger = logger
    }

    /// Lets `body` read when it is its turn. A connection that fails is closed, and the next call opens another.
    ///
    /// - Throws: What `body` throws, the connection's errors, and ``Crowded``.
    package func read<Value: Sendable>(_ body: @Sendable (Connection) async throws -> Value) async throws -> Value {
        guard waiters.count < Self.mostWaiters else { throw Crowded() }
        await takeTurn()
        defer { endTurn() }
        let connection = try await current()
        do {
            return try await body(connection)
        } catch let error as ServerError where error.sqlStateClass != "57" || error.sqlState == "57014" {
            throw error  // The statement failed; the session can still be used.
        } catch {
            await connection.close()
            if self.connection === connection { self.connection = nil }
            throw error
        }
    }

    /// Closes the connection, if there is one.
    public func close() async {
        await takeTurn()
        defer { endTurn() }
        await connection?.close()
        connection = nil
    }

    private func takeTurn() async {
        guard isBusy else { return isBusy = true }
        await withCheckedContinuation { waiters.append($0) }
    }

    private func endTurn() {
        guard !waiters.isEmpty else { return isBusy = false }
        waiters.removeFirst().resume()
    }

    private func current() async throws -> Connection {
        if let connection { return connection }
        let options = ConnectionOptions(
            connectTimeout: .seconds(3), commandTimeout: Self.statementTimeout * 2, applicationName: "giftbridge http",
            requiresPrimary: true)
        let opened = try await Connection.open(conninfo, options: options, logger: logger)
        do {
            let milliseconds = Int(Self.statementTimeout / .milliseconds(1))
            _ = try await opened.query(SQL.Reading.lookOnly, [.text("\(milliseconds)")])
        } catch {
            await opened.close()
            throw error
        }
        connection = opened
        return opened
    }
}
