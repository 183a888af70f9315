import LibPQ

/// Which lanes may have something to claim, and how the slots are dealt out among them. Pure: no clock, no database.
///
/// A look at the database says which lanes wait and until when; a claim says which of them gave less than they were asked for.
/// Lanes that were seen before are remembered, so that the first order after a pause is claimed without a look.
struct Rota: Sendable {
    /// A lane, and what a look said of it.
    struct Waiting: Sendable, Equatable {
        let lane: Lane
        let allowance: String
        /// When a claim may take something from it.
        var readyAt: ContinuousClock.Instant
    }

    /// How many orders to take from a lane.
    struct Portion: Sendable, Equatable {
        let lane: Lane
        let most: Int
    }

    /// Maximum number of requests in flight.
    let slots: Int
    /// More of them, kept for urgent orders and for allowances that hold few: whatever hangs cannot take these.
    var reserve: Int { max(slots / 8, 2) }
    /// Lanes in one claim, at most.
    private static let portionsAtMost = 256
    /// Lanes that are remembered although nothing is known to wait in them.
    private static let rememberedAtMost = 64

    /// Lanes with something to claim, in the order in which they have their turn.
    private(set) var ready: [Waiting] = []
    /// Lanes that will have something, the soonest first.
    private(set) var later: [Waiting] = []
    /// Lanes that a claim is asking.
    private var asked: [Waiting] = []
    /// Lanes that gave something before, the latest last.
    private var remembered: [Waiting] = []
    private var pace: [String: Pace] = [:]
    /// The lanes with requests in flight: their number, and the allowance that they count against.
    private var flights: [Lane: (allowance: String, count: Int)] = [:]
    /// Number of allowances with requests in flight.
    private var busy = 0
    private(set) var inFlight = 0
    /// How many of those are not sent yet.
    var waiting = 0
    /// How many orders to claim ahead of the slots where one allowance has all of them: as many as are answered in two turns
    /// of the loop, so that a slot is used again at once, and not after the next claim.
    private var ahead = 0
    /// How many requests were answered since the last turn, and quickly: behind slower ones, what is claimed ahead would wait long.
    private var answered = 0
    private static let quick = Duration.milliseconds(250)
    /// How many orders the portions of the last deal may take altogether.
    private(set) var dealt = 0

    init(slots: Int) { self.slots = slots }

    /// How one allowance's vendor answers.
    private struct Pace {
        /// Maximum number of requests in flight while other allowances have work, too.
        var window: Int
        var inFlight = 0
        /// When it last answered, or began.
        var answeredAt: ContinuousClock.Instant
    }

    /// Nothing is known to wait.
    var isEmpty: Bool { ready.isEmpty && later.isEmpty }

    /// When lanes will have something that have nothing now; nil: none is known.
    var nextReady: ContinuousClock.Instant? { later.first?.readyAt }

    /// What a look found: the lanes that wait, all of them or the first.
    ///
    /// - Parameter isComplete: There are no others.
    mutating func saw(_ lanes: [Waiting], isComplete: Bool, at now: ContinuousClock.Instant) {
        let seen = Dictionary(lanes.map { ($0.lane, $0) }, uniquingKeysWith: { first, _ in first })
        // The order stays: whose turn it is does not depend on a look.
        let former = ready + later
        var entries = former.compactMap { seen[$0.lane] ?? (isComplete ? nil : $0) }
        let known = Set(former.map(\.lane))
        entries += lanes.filter { !known.contains($0.lane) }
        ready = entries.filter { $0.readyAt <= now }
        later = entries.filter { $0.readyAt > now }.sorted { $0.readyAt < $1.readyAt }
    }

    /// Something may be due in lanes that were empty.
    ///
    /// - Returns: Whether there are such lanes that gave something before.
    mutating func hinted(at now: ContinuousClock.Instant) -> Bool {
        guard remembered.count > 0 else { return false }
        // One that a claim is asking now comes back with what it took.
        let known = Set((ready + later + asked).map(\.lane))
        let empty = remembered.reversed().filter { !known.contains($0.lane) }
        ready += empty.map { Waiting(lane: $0.lane, allowance: $0.allowance, readyAt: now) }
        return !empty.isEmpty
    }

    /// Deals the free slots out: equal shares to allowances and, within each, to its lanes, what one leaves going to the next.
    ///
    /// - Returns: What to claim; ``claimed(_:of:slots:at:)`` or ``failed(until:)`` has to follow. Empty: nothing.
    mutating func deal(at now: ContinuousClock.Instant) -> [Portion] {
        let due = later.prefix { $0.readyAt <= now }
        ready += due
        later.removeFirst(due.count)
        if answered > 0 {
            ahead = min(max(2 * answered, ahead * 7 / 8), slots)
            answered = 0
        }
        var free = slots + reserve - (inFlight - waiting)
        guard free + ahead > 0, !ready.isEmpty else { return [] }
        dealt = free

        var lanes: [String: [Lane]] = [:]
        var allowances: [String] = []
        var full: Set<String> = []
        var count = 0
        for entry in ready where count < Self.portionsAtMost && !full.contains(entry.allowance) {
            if lanes[entry.allowance] == nil {
                guard room(entry.allowance, isAlone: hasAllSlots(entry.allowance), isUrgent: true, now) > 0 else {
                    full.insert(entry.allowance)
                    continue
                }
                allowances.append(entry.allowance)
            }
            lanes[entry.allowance, default: []].append(entry.lane)
            count += 1
        }
        var portions: [Portion] = []
        for (position, allowance) in allowances.enumerated() {
            let ofAllowance = lanes[allowance] ?? []
            let isAlone = allowances.count == 1 && full.isEmpty && hasAllSlots(allowance)
            let left = allowances.count - position
            let room = room(allowance, isAlone: isAlone, isUrgent: ofAllowance.contains { $0.isUrgent }, now)
            let share = isAlone ? room : min((free + left - 1) / left, room)
            guard share > 0 else { continue }
            if isAlone { dealt = share }
            portions += Self.split(share, over: ofAllowance)
            free -= share
        }
        guard !portions.isEmpty else { return [] }
        let taken = Set(portions.map(\.lane))
        asked = ready.filter { taken.contains($0.lane) }
        ready.removeAll { taken.contains($0.lane) }
        return portions
    }

    /// One allowance's share over its lanes: shops in turn, the higher priority first; what is sent again gets half at most
    /// while fresh orders wait.
    private static func split(_ share: Int, over lanes: [Lane]) -> [Portion] {
        let fresh = lanes.filter(\.isFresh)
        let again = lanes.filter { !$0.isFresh }
        let forAgain = again.isEmpty ? 0 : fresh.isEmpty ? share : max(share / 2, share == 1 ? 1 : 0)
        var shops: [String: [Lane]] = [:]
        var order: [String] = []
        for lane in fresh {
            if shops[lane.shop] == nil { order.append(lane.shop) }
            shops[lane.shop, default: []].append(lane)
        }
        var portions: [Portion] = []
        for (index, shop) in order.enumerated() where index < share {
            // Rounded up: what a shop leaves, the claim gives to the next, until all slots are used.
            let most = (share + order.count - 1) / order.count
            for lane in (shops[shop] ?? []).sorted(by: { $0.number < $1.number }) {
                portions.append(Portion(lane: lane, most: most))
            }
        }
        for lane in again where forAgain > 0 { portions.append(Portion(lane: lane, most: forAgain)) }
        return portions
    }

    /// What a claim took. A lane that gave less than it was asked for has to be looked at before it is asked again.
    ///
    /// - Parameter slots: How many orders the claim was to take at most.
    /// - Returns: Whether some lane gave less.
    mutating func claimed(_ taken: [Lane: Int], of portions: [Portion], slots: Int, at now: ContinuousClock.Instant)
        -> Bool
    {
        var isShort = false
        var left = slots
        var unasked: [Waiting] = []
        let entries = Dictionary(asked.map { ($0.lane, $0) }, uniquingKeysWith: { first, _ in first })
        asked = []
        for portion in portions {
            guard let entry = entries[portion.lane] else { continue }
            guard left > 0 else {
                // The claim stops where all its slots are used.
                unasked.append(entry)
                continue
            }
            let count = taken[portion.lane] ?? 0
            // To the end: the others first.
            if count >= min(portion.most, left) { ready.append(entry) } else { isShort = true }
            left -= count
            guard count > 0 else { continue }
            remember(entry)
            // The former allowance where it has changed: so each request is taken off where it was counted.
            let flights = flights[entry.lane] ?? (entry.allowance, 0)
            self.flights[entry.lane] = (flights.allowance, flights.count + count)
            var pace = pace[flights.allowance] ?? Pace(window: firstWindow, answeredAt: now)
            if pace.inFlight == 0 {
                busy += 1
                pace.answeredAt = now
            }
            pace.inFlight += count
            self.pace[flights.allowance] = pace
            inFlight += count
        }
        ready = unasked + ready
        return isShort
    }

    /// Maximum number of requests in flight to a vendor that has not answered yet, while others have work.
    private var firstWindow: Int { max(slots / 4, 1) }

    private mutating func remember(_ entry: Waiting) {
        // Where there are many lanes a look is due anyway.
        guard ready.count <= Self.rememberedAtMost else { return }
        if remembered.last?.lane == entry.lane { return }
        remembered.removeAll { $0.lane == entry.lane }
        remembered.append(entry)
        if remembered.count > Self.rememberedAtMost { remembered.removeFirst() }
    }

    /// The allowance that a lane's claimed orders are counted in.
    func allowance(of lane: Lane) -> String { flights[lane]?.allowance ?? "shop \(lane.shop)" }

    /// A request of a lane is over.
    ///
    /// - Parameters:
    ///   - isAnswer: The vendor answered it.
    ///   - took: How long the request took.
    mutating func ended(_ lane: Lane, isAnswer: Bool, took: Duration = .zero, at now: ContinuousClock.Instant) {
        let flights = flights[lane] ?? ("shop \(lane.shop)", 1)
        self.flights[lane] = flights.count > 1 ? (flights.allowance, flights.count - 1) : nil
        ended(flights.allowance, isAnswer: isAnswer, took: took, at: now)
    }

    /// A request of an allowance is over.
    mutating func ended(_ allowance: String, isAnswer: Bool, took: Duration = .zero, at now: ContinuousClock.Instant) {
        inFlight -= 1
        if !isAnswer { ahead = 0 } else if took < Self.quick { answered += 1 }
        guard var pace = pace[allowance] else { return }
        pace.inFlight -= 1
        if isAnswer {
            // It doubles with every round of answers.
            pace.window = min(pace.window + 1, slots)
            pace.answeredAt = now
        } else {
            pace.window = firstWindow
        }
        if pace.inFlight == 0 { busy -= 1 }
        self.pace[allowance] = pace.inFlight == 0 && pace.window <= firstWindow ? nil : pace
    }

    /// A claim failed: its lanes are not asked before `until`.
    mutating func failed(until: ContinuousClock.Instant) {
        later += asked.map { Waiting(lane: $0.lane, allowance: $0.allowance, readyAt: until) }
        later.sort { $0.readyAt < $1.readyAt }
        asked = []
    }

    /// No other allowance has requests in flight.
    private func hasAllSlots(_ allowance: String) -> Bool { busy <= ((pace[allowance]?.inFlight ?? 0) > 0 ? 1 : 0) }

    /// How many more requests of an allowance may be claimed.
    private func room(_ allowance: String, isAlone: Bool, isUrgent: Bool, _ now: ContinuousClock.Instant) -> Int {
        let held = pace[allowance]?.inFlight ?? 0
        // Few are held, or it is urgent: the reserve counts, too.
        let free = slots + (held < reserve / 2 || isUrgent ? reserve : 0) - (inFlight - waiting)
        guard !isAlone else { return max(slots + ahead - held, 0) }
        var window = pace[allowance]?.window ?? firstWindow
        // It does not answer any more.
        if let pace = pace[allowance], held > 0, pace.answeredAt + .seconds(1) < now { window = firstWindow }
        // Never more than half of what is free: something is always left for others.
        if window < slots { window = min(window, max((held + free) / 2, 1)) }
        return max(min(free, window - held), 0)
    }
}

/// One row of `giftbridge.look`: a lane that waits, or (without one) when the next lease ends or order expires.
struct SeenLane: Sendable {
    let lane: Lane?
    /// Time until a claim may take something from it; 0 or more.
    let wait: Duration
    let apiURL: String?
    /// The account that this worker last reported for the shop; nil: none yet.
    let account: Account.Name?
    let allowance: String

    /// Columns by their position in `sql/functions/look.sql`: a name would have to be looked up for each value of each lane.
    init(_ row: Row) throws {
        lane = try row.optionalText(0).map { Lane(shop: $0, number: try row.int(1)) }
        wait = .seconds(min(try row.double(2), 1_000_000_000))
        apiURL = try row.optionalText(3)
        account = try row.optionalText(4).map { Account.Name(fingerprint: $0, host: try row.text(5)) }
        allowance = try row.optionalText(6) ?? ""
    }
}

/// Orders that are claimed together: those of one shop with the same number in `giftbridge.due.lane`.
struct Lane: Sendable, Hashable {
    let shop: String
    /// The negated priority (-100 to 100) of new orders; ``again`` and above: orders that are sent again.
    let number: Int

    /// Retries, verifications and look-ups.
    static let again = 200

    /// Whether its orders are sent for the first time.
    var isFresh: Bool { number < Self.again }

    /// Whether its orders have a priority above the default.
    var isUrgent: Bool { number < 0 }
}
