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
