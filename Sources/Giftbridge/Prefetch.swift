/// How many orders to claim ahead of those that may be on the way, so that whoever is answered while the loop is busy with the
/// database finds a successor. As many as eight turns see answered: who waits, waits for a few turns of the loop, and where
/// the vendor, not the loop, sets the pace, there are none. Pure: no clock, no database.
struct Prefetch {
    /// Whether a request was answered so soon that a turn of the loop counts beside it; nil: none was sent.
    static func isSoon(_ took: Duration?) -> Bool { took.map { $0 <= .milliseconds(250) } ?? false }

    /// No more than this.
    let limit: Int
    /// How many now.
    private(set) var count = 0

    init(limit: Int, count: Int = 0) {
        self.limit = limit
        self.count = count
    }

    /// Follows what a turn of the loop saw: up at once, as one long turn is soon followed by another, and down slowly.
    ///
    /// - Parameters:
    ///   - answers: How many requests had been answered soon since the turn before, when it began.
    ///   - putBack: How many orders had not had their turn in time since then.
    ///   - isBehind: Whether more came while it worked.
    mutating func turned(answers: Int, putBack: Int, isBehind: Bool) {
        count -= (count + 15) / 16
        if putBack > 0 {
            count = 0
        } else if isBehind {
            count = max(count, min(8 * answers, limit))
        }
    }
}
