import Synchronization

/// What stands before the vendor's rules: allowance, key, habits and the faults in waiting.
final class Gate: Sendable {
    /// What the gate says about a request.
    struct Admission: Sendable {
        /// nil where no rate limit is set.
        let allowance: RateLimiter.Allowance?
        let key: RequestRecord.Key

        var isThrottled: Bool { allowance?.isGranted == false }
    }

    private struct State {
        var key: String
        var limiter: RateLimiter?
        var pace: RequestPace
        var plan: FaultPlan
        var manner: Manner
        /// The last answer to a sale request, which a stale answer repeats.
        var lastAnswer: Answer?
        /// How often each order id came; counted only where chance plays a part.
        var visits: [String: Int] = [:]

        init(_ configuration: SandboxConfiguration) {
            let length = configuration.rateWindow / .seconds(1)
            key = configuration.key
            limiter = configuration.rateLimit.map { RateLimiter(limit: $0, length: length) }
            pace = RequestPace(length: length)
            manner = Manner(habits: configuration.habits, referencePrefix: configuration.referencePrefix)
            plan = FaultPlan(rate: configuration.faultRate, kinds: configuration.faultKinds)
        }

        func verdict(on sent: String?) -> RequestRecord.Key {
            sent.map { $0 == key ? .matched : .wrong } ?? .missing
        }
    }

    private let configuration: SandboxConfiguration
    private let state: Mutex<State>

    init(configuration: SandboxConfiguration) {
        self.configuration = configuration
        state = Mutex(State(configuration))
    }

    /// Counts a request against its key's allowance and compares the key.
    ///
    /// The allowance comes first, as Laravel's throttle does: a wrong key has an allowance of its own, and requests
    /// without one share one.
    func admit(key: String?, at now: Double) -> Admission {
        state.withLock { state in
            state.pace.note(key: key ?? "", at: now)
            return Admission(
                allowance: state.limiter?.admit(key: key ?? "", at: now), key: state.verdict(on: key)
            )
        }
    }

    /// Compares a key without counting the request.
    func verdict(on key: String?) -> RequestRecord.Key {
        state.withLock { $0.verdict(on: key) }
    }

    /// The chance of one sale request; two requests for one order differ, two runs with one seed do not.
    func draw(orderID: String?) -> Draw {
        let name = orderID ?? ""
        let visit = state.withLock { state in
            state.visits[name, default: 0] += 1
            return state.visits[name] ?? 1
        }
        return Draw(seed: configuration.seed, orderID: name, visit: visit)
    }

    /// Whether anything is left to chance.
    var isRandom: Bool {
        if configuration.faultRate > 0 { return true }
        if case .between = configuration.latency { return true }
        return false
    }

    /// The fault that a sale request has to suffer.
    func strike(orderID: String?, draw: inout Draw) -> FaultPlan.Strike? {
        state.withLock { $0.plan.strike(orderID: orderID, draw: &draw) }
    }

    /// Gives back a fault that had nothing to strike.
    func giveBack(_ strike: FaultPlan.Strike) {
        state.withLock { $0.plan.giveBack(strike) }
    }

    /// Puts a fault on the list; false where the list is full.
    func queue(_ entry: FaultPlan.Entry) -> Bool {
        state.withLock { $0.plan.add(entry) }
    }

    /// The faults on the list.
    var queued: [FaultPlan.Entry] {
        state.withLock { $0.plan.entries }
    }

    /// How sale requests are treated now.
    var manner: Manner {
        state.withLock { $0.manner }
    }

    /// Treats sale requests in other ways from now on; nil: as they are.
    func change(habits: Set<Habit>?, referencePrefix: String?) -> Manner {
        state.withLock { state in
            if let habits { state.manner.habits = habits }
            if let referencePrefix { state.manner.referencePrefix = referencePrefix }
            return state.manner
        }
    }

    /// Keeps the answer to a sale request; gives the one before it.
    func keep(_ answer: Answer) -> Answer? {
        state.withLock { state in
            defer { state.lastAnswer = answer }
            return state.lastAnswer
        }
    }

    /// Accepts another key from now on.
    func accept(key: String) {
        state.withLock { $0.key = key }
    }

    /// See ``LedgerSummary/mostRequestsInWindow``.
    var mostRequestsInWindow: Int {
        state.withLock { $0.pace.most }
    }

    /// Back to the start: the configured key and habits, open windows, no faults on the list.
    func reset() {
        state.withLock { $0 = State(configuration) }
    }
}

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

/// The most requests that one key sent within any stretch of time of a given length.
///
/// A fixed window lets up to twice its limit through around its edge; this shows what really came.
struct RequestPace {
    private struct Moments {
        var times: [Double] = []
        var first = 0
    }

    /// Seconds.
    let length: Double
    /// The highest count seen.
    private(set) var most = 0
    private var moments: [String: Moments] = [:]

    init(length: Double) {
        self.length = length
    }

    mutating func note(key: String, at now: Double) {
        if moments.count > 1_000 {
            moments = moments.filter { ($0.value.times.last ?? 0) > now - length }
        }
        var mine = moments.removeValue(forKey: key) ?? Moments()
        mine.times.append(now)
        while mine.times[mine.first] <= now - length { mine.first += 1 }
        most = max(most, mine.times.count - mine.first)
        if mine.first > 1_024, mine.first > mine.times.count / 2 {
            mine.times.removeFirst(mine.first)
            mine.first = 0
        }
        moments[key] = mine
    }
}
