/// What went wrong with a connection, as opposed to a statement that the server refused (``ServerError``).
///
/// The texts are libpq's, made one line; a password is never part of them.
package enum ConnectionError: Error, Sendable, Hashable {
    /// The conninfo cannot be understood. Nothing was tried.
    case invalidConninfo(String)
    /// No session came about: no server, no answer in time, wrong password, no such database.
    case cannotConnect(String)
    /// The session ended: the connection was lost, the server was told to end it, the network failed, or a COPY, which is not supported
    /// here, was closed. Whether a statement that was under way took effect is unknown.
    case lost(String)
    /// The socket was silent for longer than ``ConnectionOptions/commandTimeout`` with a command under way, so the server
    /// was asked to cancel it and the connection was closed. Whether the command took effect is unknown.
    case timedOut
    /// ``Connection/close(cancelling:)`` was called, or the task of a command that was under way was cancelled.
    case closed
    /// The connection ended while a transaction's COMMIT was under way: it may or may not have taken effect.
    case commitUnknown
}

extension ConnectionError: CustomStringConvertible {
    /// One readable line.
    package var description: String {
        switch self {
        case .invalidConninfo(let reason): "invalid connection string: \(reason)"
        case .cannotConnect(let reason): "cannot connect to the database: \(reason)"
        case .lost(let reason): "the connection to the database was lost: \(reason)"
        case .timedOut: "the database did not answer in time, the connection was closed"
        case .closed: "the connection to the database is closed"
        case .commitUnknown: "the connection was lost during COMMIT: whether it took effect is unknown"
        }
    }
}

/// A statement that this side does not send, or does not accept the course of. The connection stays usable.
package enum StatementError: Error, Sendable, Hashable {
    /// The SQL text has a NUL character, which no C string and no PostgreSQL text can hold. Nothing was sent.
    case nulInStatement
    /// Parameter `$position` (from 1) has a NUL character. Nothing was sent.
    case nulInParameter(position: Int)
    /// More than the protocol's 65535 parameters. Nothing was sent.
    case tooManyParameters(Int)
    /// A transaction's body returned, but an earlier error in it, not thrown on, had failed the transaction: the
    /// server answered COMMIT with ROLLBACK. Nothing of the transaction took effect.
    case rolledBack
}

extension StatementError: CustomStringConvertible {
    /// One readable line.
    package var description: String {
        switch self {
        case .nulInStatement: "the statement has a NUL character"
        case .nulInParameter(let position): "parameter $\(position) has a NUL character, which PostgreSQL cannot store"
        case .tooManyParameters(let count): "\(count) parameters are more than the protocol's 65535"
        case .rolledBack: "the transaction had failed before its COMMIT and was rolled back"
        }
    }
}
