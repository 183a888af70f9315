import Foundation
import LibPQ
import Testing

/// The random walk of the protocol. `GIFTBRIDGE_WALK_STEPS` (2,000) says how many steps, in walks of 250; `GIFTBRIDGE_WALK_SEED` with which
/// seed the first begins: a failure prints both.
@Suite(.serialized) struct WalkTests {
    private static let stepsOfAWalk = 250

    /// At once, where standard output waits for its buffer.
    private static func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    /// One walk. Result: what broke, or nil; and how often each kind of step was taken.
    static func walk(_ seed: UInt64, steps: Int, leaning: Leaning = .even, in database: WalkDatabase) async throws -> (
        report: String?, taken: [String: Int]
    ) {
        let (connection, owner) = (database.connection, database.owner)
        try await connection.query("SELECT walk.reset()")
        // Rows that earlier walks deleted would slow later ones down.
        if seed % 20 == 0 { try await connection.script("VACUUM") }
        let walk = Walk(seed: seed, leaning: leaning, connection: connection, owner: owner)
        var report: String?
        do {
            try await walk.run(steps: steps)
        } catch let error as BrokenPromise {
            report = error.description
        } catch let error as ServerError {
            report = "\(error) \(error.context ?? "")"
        }
        if let broken = report {
            let order = broken.firstMatch(of: /o[0-9]+@example.com/)
            report = "\(broken)\n\(await walk.story(order.map { String($0.output) }))"
        }
        return (report, await walk.taken)
    }

    @Test func promisesHoldOnARandomWalk() async throws {
        let steps = Int(Self.setting("GIFTBRIDGE_WALK_STEPS") ?? 2000)
        let given = Self.setting("GIFTBRIDGE_WALK_SEED")
        let random = UInt64.random(in: 1_000_000...9_999_999)
        Self.say("random walk: \(steps) steps, seed \(given.map(String.init) ?? "1, 2, … and \(random)")")
        let database = try await WalkServer.shared.database()
        var left = steps
        var seeds = (given ?? 1)...
        var taken: [String: Int] = [:]
        while left > 0 {
            let count = min(left, Self.stepsOfAWalk)
            left -= count
            let seed = left == 0 && given == nil ? random : seeds.lowerBound
            seeds = (seeds.lowerBound + 1)...
            let (report, steps) = try await Self.walk(seed, steps: count, in: database)
            taken.merge(steps) { $0 + $1 }
            if seed % 100 == 0 { Self.say("random walk: \(left) steps left after seed \(seed)") }
            if let report {
                Issue.record("GIFTBRIDGE_WALK_SEED=\(seed) GIFTBRIDGE_WALK_STEPS=\(count): \(report)")
                return
            }
        }
        // Every actor had its turn.
        if steps >= 2000 { #expect(taken.count == 17, "\(taken)") }
    }

    /// Without one of its guards the protocol breaks a promise, and the walk sees it.
    @Test(arguments: Mutant.all) func aMissingGuardIsSeen(mutant: Mutant) async throws {
        let database = try await WalkServer.shared.database(mutant: mutant)
        let seeds = UInt64(Self.setting("GIFTBRIDGE_WALK_MUTANT_SEEDS") ?? 40)
        for seed in 1...seeds {
            if let report = try await Self.walk(seed, steps: Self.stepsOfAWalk, leaning: mutant.leaning, in: database)
                .report
            {
                Self.say("without \(mutant.name), seed \(seed): \(report.prefix(while: { $0 != "\n" }))")
                return
            }
        }
        Issue.record("nothing broke without \(mutant.name)")
    }
}
