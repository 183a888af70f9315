import Synchronization

/// Limits the requests in flight of each allowance. Orders that were claimed ahead wait here for a slot, in their order.
final class RequestSlots: Sendable {
    private struct Line {
        var inFlight = 0
        var waiting: [(turn: CheckedContinuation<Bool, Never>, since: ContinuousClock.Instant)] = []
    }

    private let slots: Int
    private let patience: Duration
    private let lines = Mutex<[String: Line]>([:])

    /// - Parameters:
    ///   - slots: Maximum number of requests in flight of one allowance, 1 or more.
    ///   - patience: The longest that an order may wait. The allowance counts a request from its claim, so it must not be sent
    ///     much later.
    init(_ slots: Int, patience: Duration = .seconds(1)) {
        self.slots = slots
        self.patience = patience
    }

    /// Waits for a slot. It is to be given back with ``leave(_:)``.
    ///
    /// - Returns: Whether there is one; false: it was turned away.
    func enter(_ allowance: String) async -> Bool {
        let isFree = lines.withLock { lines in
            guard lines[allowance, default: Line()].inFlight < slots else { return false }
            lines[allowance, default: Line()].inFlight += 1
            return true
        }
        if isFree { return true }
        return await withCheckedContinuation { turn in
            let isFree = lines.withLock { lines in
                // One may have become free since.
                guard lines[allowance, default: Line()].inFlight >= slots else {
                    lines[allowance, default: Line()].inFlight += 1
                    return true
                }
                lines[allowance]?.waiting.append((turn, .now))
                return false
            }
            if isFree { turn.resume(returning: true) }
        }
    }

    /// Gives a slot back, to the order that waits longest; those that have waited too long are turned away.
    func leave(_ allowance: String) {
        turnAwayLate()
        let turn = lines.withLock { lines -> CheckedContinuation<Bool, Never>? in
            guard var line = lines[allowance] else { return nil }
            defer { lines[allowance] = line.inFlight == 0 ? nil : line }
            if line.waiting.isEmpty {
                line.inFlight -= 1
                return nil
            }
            return line.waiting.removeFirst().turn
        }
        turn?.resume(returning: true)
    }

    /// How many wait.
    var waiting: Int { lines.withLock { $0.values.reduce(0) { $0 + $1.waiting.count } } }

    /// Turns away the orders that have waited too long.
    func turnAwayLate() { turnAway(before: .now - patience) }

    /// Turns away the orders that have waited since then or longer.
    func turnAway(before: ContinuousClock.Instant = .now) {
        let turns = lines.withLock { lines in
            var turns: [CheckedContinuation<Bool, Never>] = []
            for (allowance, line) in lines where !line.waiting.isEmpty {
                turns += line.waiting.prefix { $0.since <= before }.map(\.turn)
                lines[allowance]?.waiting = line.waiting.drop { $0.since <= before }.map(\.self)
            }
            return turns
        }
        for turn in turns { turn.resume(returning: false) }
    }
}
