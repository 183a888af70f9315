/// What the worker's loop does next. Pure: no clock, no database, no task; `AgendaTests` has its cases.
struct Agenda: Sendable {
    /// One thing to do.
    enum Step: Sendable, Equatable {
        /// Open the connection to the database.
        case connect
        /// Talk to the database once.
        case turn(Turn)
        /// Wait until something rings, or until then.
        case wait(until: ContinuousClock.Instant)
        /// The drain is over.
        case stop
    }

    /// What to ask the database in one turn.
    struct Turn: Sendable, Equatable {
        /// Write the worker's status row.
        var beats = false
        /// Turn orders whose lease ended into orders in doubt.
        var rescues = false
        /// Write results back.
        var settles = false
        /// Take orders from these lanes; empty: none.
        var claim: [Rota.Portion] = []
        /// Say that the worker waits for notifications from now on, or that it needs none; nil: nothing has changed.
        var idles: Bool?
        /// Ask what waits; nil: do not.
        var looks: Look?
    }

    /// How far a look goes.
    enum Look: Int, Sendable, Equatable {
        /// The first lanes: enough where there are few shops.
        case near = 32
        /// All lanes.
        case far = 100_000
    }

    let heartbeat: Duration
    let pollInterval: Duration
    var rota: Rota

    private enum Timer: CaseIterable { case beat, look, farLook, rescue, connect, drain }
    private var timers: [Timer: ContinuousClock.Instant] = [:]
    private var isConnected = false
    private var restsUntil: ContinuousClock.Instant?
    private var isDraining = false
    /// Results that are not yet in the database and may be written now.
    private var unwritten = 0
    /// When those that the database did not take are tried again.
    private var writeAgainAt: ContinuousClock.Instant?
    private var held = 0
    /// A claim failed, perhaps for what was to be written with it: the next results are written alone.
    private var writesAlone = false
    private var lastLookAt: ContinuousClock.Instant?
    private var lastRescueAt: ContinuousClock.Instant?
    /// A look is under way, or failed.
    private var isLooking = false
    /// How often in a row something was due that no claim could take: another worker holds it, or a shop's transaction.
    private var vainClaims = 0
    /// The database was told that this worker waits for notifications.
    private var isIdle = false
    /// Pauses between the looks that follow once it is idle: a transaction that ended just before gave no hint.
    private let pauses: [Duration]
    private var furtherLooks: ArraySlice<Duration> = []
    /// Hints in short succession: since when, and how many.
    private var hints: (since: ContinuousClock.Instant, count: Int)?
    /// Hints come so often that notifying at each commit costs the shops more than looking costs the server.
    private var hasManyHints = false
    /// It needs no hints until then, but looks every ten milliseconds.
    private var awakeUntil: ContinuousClock.Instant?
    private var awakeFor: Duration = .zero

    /// - Parameters:
    ///   - slots: `GIFTBRIDGE_CONCURRENCY`.
    ///   - heartbeat: `GIFTBRIDGE_HEARTBEAT`.
    ///   - pollInterval: `GIFTBRIDGE_POLL_INTERVAL`.
    ///   - pauses: Between the looks that follow once it is idle.
    ///   - now: When it starts.
    init(
        slots: Int, heartbeat: Duration, pollInterval: Duration,
        pauses: [Duration] = [.milliseconds(5), .milliseconds(50), .milliseconds(250), .seconds(1)],
        at now: ContinuousClock.Instant
    ) {
        self.pauses = pauses
        self.heartbeat = heartbeat
        self.pollInterval = pollInterval
        rota = Rota(slots: slots)
        timers = [.connect: now]
    }

    // MARK: Events

    /// The database is there: everything may have changed meanwhile.
    mutating func connected(at now: ContinuousClock.Instant) {
        isConnected = true
        isIdle = false
        timers[.connect] = nil
        for timer in [Timer.beat, .look, .rescue] { timers[timer] = now }
    }

    /// The database connection was lost; it is opened again at that time.
    mutating func lost(until again: ContinuousClock.Instant) {
        isConnected = false
        timers[.connect] = again
    }

    /// Something may be due.
    mutating func hinted(at now: ContinuousClock.Instant) {
        vainClaims = 0
        if let hints, hints.since + .milliseconds(20) > now {
            self.hints = (hints.since, hints.count + 1)
        } else {
            hints = (now, 1)
        }
        if let hints, hints.count >= 8 { hasManyHints = true }
        // Lanes that gave something before are asked at once; a look says of the others. One that is under way may have missed it.
        let isAsked = rota.hinted(at: now)
        if !isAsked || isLooking { putBack(at: now) }
    }

    /// The status row is out of date.
    mutating func changed(at now: ContinuousClock.Instant) { timers[.beat] = now }

    /// How many results wait for the database, and when those that it did not take are tried again.
    mutating func has(unwritten: Int, again: ContinuousClock.Instant?, held: Int) {
        self.unwritten = unwritten
        writeAgainAt = again
        self.held = held
    }

    /// The status row was written.
    mutating func beat(at now: ContinuousClock.Instant) { timers[.beat] = now + heartbeat }

    /// Ended leases are looked for. A look says when the next one ends: also where this was early by the database's clock.
    mutating func rescued(at now: ContinuousClock.Instant) {
        timers[.rescue] = now + pollInterval
        lastRescueAt = now
        putBack(at: now)
    }

    /// Orders were put back to wait: when, a look has to say.
    mutating func putBack(at now: ContinuousClock.Instant) {
        let soon = max(now, lastLookAt.map { $0 + .milliseconds(20) } ?? now)
        set(.look, notAfter: soon)
    }

    /// Results were written: a probe among them may have opened lanes that wait, or the one that is verified alone has ended.
    mutating func wrote(at now: ContinuousClock.Instant) {
        if rota.nextReady != nil { putBack(at: now) }
    }

    /// A claim took these.
    mutating func claimed(
        _ taken: [Lane: Int], of portions: [Rota.Portion], slots: Int, at now: ContinuousClock.Instant
    ) {
        let isShort = rota.claimed(taken, of: portions, slots: slots, at: now)
        vainClaims = taken.isEmpty ? vainClaims + 1 : 0
        // With a backlog of many lanes a look at all of them follows once a second; their own claims need none.
        guard isShort && timers[.farLook] == nil || rota.isEmpty else { return }
        // Nothing is known to wait any more: there is no reason to put the look off.
        if rota.isEmpty { timers[.farLook] = nil }
        set(.look, notAfter: now)
    }

    /// A claim failed, and with it the results of its turn: these are written alone next, and other lanes are asked before its own.
    mutating func claimFailed(at now: ContinuousClock.Instant) {
        rota.failed(until: now + .seconds(1))
        writesAlone = true
    }

    /// The database refused a step: nothing more is asked of it before `until`.
    mutating func stumbled(until: ContinuousClock.Instant) {
        restsUntil = until
        isIdle = false
        // It may have been the look.
        set(.look, notAfter: until)
    }

    /// What a look found.
    ///
    /// - Parameters:
    ///   - isComplete: There are no others.
    ///   - rescueAt: When the next lease ends, or the next order expires; nil: none will.
    mutating func saw(
        _ lanes: [Rota.Waiting], isComplete: Bool, by look: Look, rescueAt: ContinuousClock.Instant?,
        at now: ContinuousClock.Instant
    ) {
        // Due, but not claimed: another worker is about to claim it, or a shop's transaction has locked it. Retried at growing pauses.
        let pause = vainClaims == 0 ? Duration.zero : .milliseconds(min(5 << min(vainClaims - 1, 8), 1000))
        rota.saw(
            lanes.map { lane in
                var lane = lane
                lane.readyAt = max(lane.readyAt, now + pause)
                return lane
            }, isComplete: isComplete, at: now)
        isLooking = false
        lastLookAt = now
        if isIdle, let pause = furtherLooks.popFirst() { set(.look, notAfter: now + pause) }
        // Many lanes: a look at all of them once a second; lanes that the claims have emptied meanwhile are not asked.
        if look == .far {
            // It takes longer the more there are, and nothing else is done meanwhile.
            let pause = Duration.milliseconds(max(1000, lanes.count / 5))
            timers[.farLook] = lanes.count >= Look.near.rawValue ? now + pause : nil
        } else if !isComplete {
            timers[.farLook] = now
        }
        if var rescueAt {
            // An order that another session holds locked cannot be rescued: it is not tried all the time.
            if let lastRescueAt { rescueAt = max(rescueAt, lastRescueAt + .milliseconds(200)) }
            set(.rescue, notAfter: rescueAt)
        }
    }

    /// The drain begins: nothing more is claimed; it ends when all results are written, or then.
    mutating func drain(until end: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        guard !isDraining else { return }
        isDraining = true
        timers[.drain] = end
        timers[.beat] = now
    }

    // MARK: What next

    /// The next step. Where it is a turn, ``has(unwritten:again:held:)`` and the turn's own events follow.
    mutating func next(at now: ContinuousClock.Instant) -> Step {
        if isDraining, held == 0 && unwritten == 0 && writeAgainAt == nil || isDue(.drain, now) { return .stop }
        guard isConnected else {
            return isDue(.connect, now) ? .connect : .wait(until: earliest([.connect, .drain], now))
        }
        if let restsUntil, restsUntil > now { return .wait(until: min(restsUntil, earliest([.drain], restsUntil))) }
        var turn = Turn()
        turn.beats = isDue(.beat, now)
        turn.settles = unwritten > 0
        if !isDraining {
            turn.rescues = isDue(.rescue, now)
            turn.claim = writesAlone && turn.settles ? [] : rota.deal(at: now)
            writesAlone = false
            if !isIdle, let lastLookAt {
                // No hint says what else has become due.
                set(.look, notAfter: lastLookAt + .milliseconds(100))
            }
            // With a claim only what is late: the next turn may have none.
            if turn.claim.isEmpty || isDue(.look, now - .milliseconds(20)) {
                turn.looks = isDue(.farLook, now) ? .far : isDue(.look, now) && timers[.farLook] == nil ? .near : nil
                // Before it is asked: a hint that comes meanwhile asks for one more.
                isLooking = turn.looks != nil
                if isLooking { timers[.look] = now + pollInterval }
            }
            if turn.beats, isIdle { turn.idles = true }
            if stopsHints(at: now) { turn.idles = false }
        }
        guard turn == Turn() else { return .turn(turn) }
        if !isDraining, !isIdle, let turn = goIdle(at: now) { return .turn(turn) }
        // A look at all lanes that is to come replaces one at the first.
        let look = timers[.farLook] == nil ? Timer.look : .farLook
        var until = earliest(isDraining ? [.beat, .drain] : [.beat, look, .rescue], now)
        if let writeAgainAt { until = min(until, writeAgainAt) }
        if !isDraining, let ready = rota.nextReady { until = min(until, ready) }
        return .wait(until: until)
    }

    /// Whether an idle worker needs no more hints for a while, because they come too often.
    private mutating func stopsHints(at now: ContinuousClock.Instant) -> Bool {
        defer { hasManyHints = false }
        guard isIdle, hasManyHints else { return false }
        isIdle = false
        // Longer and longer while they keep coming.
        let isAgain = awakeUntil.map { now < $0 + .milliseconds(100) } ?? false
        awakeFor = isAgain ? min(awakeFor * 2, .seconds(1)) : .milliseconds(100)
        awakeUntil = now + awakeFor
        return true
    }

    /// The turn that tells the database that this worker waits for notifications; nil: it stays awake, and looks soon.
    private mutating func goIdle(at now: ContinuousClock.Instant) -> Turn? {
        if let awakeUntil, awakeUntil > now {
            set(.look, notAfter: (lastLookAt ?? now) + .milliseconds(10))
            return nil
        }
        // The database knows it before the last look: what is committed later notifies.
        isIdle = true
        furtherLooks = pauses[...]
        isLooking = timers[.farLook] == nil
        timers[.look] = now + pollInterval
        return Turn(idles: true, looks: isLooking ? .near : nil)
    }

    private mutating func set(_ timer: Timer, notAfter time: ContinuousClock.Instant) {
        timers[timer] = min(timers[timer] ?? time, time)
    }

    private func isDue(_ timer: Timer, _ now: ContinuousClock.Instant) -> Bool {
        timers[timer].map { $0 <= now } ?? false
    }

    private func earliest(_ some: [Timer], _ now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        some.compactMap { timers[$0] }.min() ?? now + pollInterval
    }
}
