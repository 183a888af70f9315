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
        get { state.withLock { $0.manner } }
        set { state.withLock { $0.manner = newValue } }
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
