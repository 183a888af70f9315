/// One NOTIFY that a session received because it LISTENs.
///
/// Follows [`PQnotifies`](https://www.postgresql.org/docs/15/libpq-notify.html).
public struct Notification: Sendable, Hashable {
    /// The channel's name.
    public var channel: String
    /// What the NOTIFY carried; empty if nothing. Below 8000 bytes.
    public var payload: String
    /// The process that sent it; compare ``Connection/backendPID`` to recognise one's own.
    public var backendPID: Int32

    /// Makes a notification.
    public init(channel: String, payload: String, backendPID: Int32) {
        self.channel = channel
        self.payload = payload
        self.backendPID = backendPID
    }
}
