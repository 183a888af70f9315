import Synchronization

/// Lets at most so many requests of one allowance be in flight. What was claimed ahead of them waits here, in order.
final class RequestSlots: Sendable {
    private struct Line {
        var inFlight = 0
        var waiting: [(turn: CheckedContinuation<Bool, Never>, since: ContinuousClock.Instant)] = []
    }

    private let slots: Int
    private let lines = Mutex<[String: Line]>([:])

    /// - Parameter slots: Of each allowance; at least 1.
    init(_ slots: Int) { self.slots = slots }

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

    /// Gives a slot back, to the one that waits longest.
    func leave(_ allowance: String) {
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

    /// Turns away what has waited since then or longer.
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
