/// How long the sandbox takes before it looks at a request, as a vendor far away and busy does.
///
/// The wait comes after rate limit and key and before validation and sale. A client that gives up meanwhile does not
/// stop the sale: like a real server behind a proxy, the sandbox finishes what it has accepted.
public enum Latency: Sendable {
    /// No wait.
    case none
    /// Always the same wait; zero or more.
    case fixed(Duration)
    /// A wait between two bounds, drawn from the seed and the order's id: the same orders wait alike in every run.
    case between(ClosedRange<Duration>)

    /// The wait for one request.
    ///
    /// - Parameter share: where between the bounds, 0 up to but not including 1.
    func wait(share: Double) -> Duration {
        switch self {
        case .none: .zero
        case .fixed(let duration): duration
        case .between(let bounds): bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) * share
        }
    }
}
