/// Results that are not yet in the database. They are kept until they are written: a batch that the database refuses is halved
/// until the refused result is alone; that one is retried, without the vendor's words, for as long as it takes. Pure.
struct Backlog: Sendable {
    /// What to write in one transaction.
    struct Batch: Sendable, Equatable {
        var results: [Settlement]
        /// Orders that another session holds locked are left out.
        var skipsLocked = false
    }

    /// A batch that the database did not accept.
    private struct Parked {
        var batch: Batch
        var at: ContinuousClock.Instant
        var pause: Duration
    }

    /// Larger batches would hold their locks too long.
    private static let batchSize = 500

    private var fresh: [Settlement] = []
    /// Parts of refused batches, to be written next.
    private var parts: [Batch] = []
    private var parked: [Parked] = []
    private var pauses: [String: Duration] = [:]

    /// How many results are not written.
    var count: Int {
        fresh.count + parts.reduce(0) { $0 + $1.results.count } + parked.reduce(0) { $0 + $1.batch.results.count }
    }

    var isEmpty: Bool { count == 0 }

    /// All of them.
    var results: [Settlement] { fresh + parts.flatMap(\.results) + parked.flatMap(\.batch.results) }

    /// When refused results are retried; nil: there are none.
    var nextAt: ContinuousClock.Instant? { parked.map(\.at).min() }

    mutating func add(_ results: [Settlement]) { fresh += results }

    /// How many may be written now.
    func ready(at now: ContinuousClock.Instant) -> Int {
        fresh.count + parts.reduce(0) { $0 + $1.results.count }
            + parked.reduce(0) { $0 + ($1.at <= now ? $1.batch.results.count : 0) }
    }

    /// The next batch; nil: nothing may be written now. It stays in the backlog until ``wrote(_:_:at:)``.
    mutating func batch(at now: ContinuousClock.Instant) -> Batch? {
        if let part = parts.first { return part }
        if !fresh.isEmpty {
            parts = [Batch(results: Array(fresh.prefix(Self.batchSize)))]
            fresh.removeFirst(min(fresh.count, Self.batchSize))
            return parts[0]
        }
        guard let index = parked.firstIndex(where: { $0.at <= now }) else { return nil }
        parts = [parked.remove(at: index).batch]
        return parts[0]
    }

    /// Allows all results to be written now, for the last attempt of a drain.
    mutating func hurry(at now: ContinuousClock.Instant) {
        for index in parked.indices { parked[index].at = now }
    }

    /// A batch was written; results of locked orders are retried later.
    ///
    /// - Returns: The results that are in the database now, and the database's answer to each.
    mutating func wrote(_ batch: Batch, _ settled: [Settled], at now: ContinuousClock.Instant) -> [(
        Settlement, Settled?
    )] {
        parts.removeFirst()
        let byToken = Dictionary(settled.map { ($0.token, $0) }, uniquingKeysWith: { first, _ in first })
        var written: [(Settlement, Settled?)] = []
        for result in batch.results {
            let became = byToken[result.token]
            if became?.status == "locked" {
                park(Batch(results: [result], skipsLocked: true), at: now)
            } else {
                pauses[result.token] = nil
                written.append((result, became))
            }
        }
        return written
    }

    /// Other sessions' locks were in the way: the batch is retried without the locked orders.
    mutating func wasBusy(_ batch: Batch, at now: ContinuousClock.Instant) {
        parts.removeFirst()
        if batch.skipsLocked {
            for result in batch.results { park(Batch(results: [result], skipsLocked: true), at: now) }
        } else {
            parts.insert(Batch(results: batch.results, skipsLocked: true), at: 0)
        }
    }

    /// The database refuses a batch: its halves are written next; a single result is retried later, without the vendor's words.
    ///
    /// - Returns: The result that the database refuses; nil: not known yet.
    mutating func refused(_ batch: Batch, at now: ContinuousClock.Instant) -> Settlement? {
        parts.removeFirst()
        guard batch.results.count == 1 else {
            let half = batch.results.count / 2
            parts.insert(
                contentsOf: [
                    Batch(results: Array(batch.results[..<half]), skipsLocked: batch.skipsLocked),
                    Batch(results: Array(batch.results[half...]), skipsLocked: batch.skipsLocked),
                ], at: 0)
            return nil
        }
        var result = batch.results[0]
        let isFirst = pauses[result.token] == nil
        result.response = nil
        result.journalError = nil
        park(Batch(results: [result], skipsLocked: batch.skipsLocked), at: now)
        return isFirst ? result : nil
    }

    /// From 100 ms, doubling to 30 s.
    private mutating func park(_ batch: Batch, at now: ContinuousClock.Instant) {
        guard let token = batch.results.first?.token else { return }
        let pause = min((pauses[token] ?? .milliseconds(50)) * 2, .seconds(30))
        pauses[token] = pause
        parked.append(Parked(batch: batch, at: now + pause, pause: pause))
    }
}
