/// The vendor's allowance: a fixed window per key, opened by its first request, closed a set time later.
///
/// A refused request neither counts nor keeps the window open, as with Laravel's throttle. Moments are Unix seconds.
struct RateLimiter {
    /// What the limiter says about one request.
    struct Allowance: Equatable {
        let isGranted: Bool
        let limit: Int
        let remaining: Int
        /// When the window closes.
        let resetAt: Double
    }

    private struct Window {
        var closesAt: Double
        var count: Int
    }

    /// Above this many windows those that are closed are forgotten, so that invented keys cost no memory for long.
    private static let windowBound = 1_000

    let limit: Int
    /// Seconds.
    let length: Double
    private var windows: [String: Window] = [:]

    init(limit: Int, length: Double) {
        self.limit = limit
        self.length = length
    }

    mutating func admit(key: String, at now: Double) -> Allowance {
        if windows.count > Self.windowBound { windows = windows.filter { $0.value.closesAt > now } }
        var window = windows[key] ?? Window(closesAt: now + length, count: 0)
        if window.closesAt <= now { window = Window(closesAt: now + length, count: 0) }
        let isGranted = window.count < limit
        if isGranted { window.count += 1 }
        windows[key] = window
        return Allowance(
            isGranted: isGranted, limit: limit, remaining: limit - window.count, resetAt: window.closesAt
        )
    }
}
