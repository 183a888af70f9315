import LibPQ

/// A promise that did not hold.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String
}

/// A random walk of the protocol: shops, workers, vendor, operators, time and the database's own accidents take turns by a seed, with the
/// real SQL functions, and after every step the promises are compared with the vendor's ledger.
///
/// The actor runs on its connection's thread. Everything random comes from `chance`; only the functions' own clock is real.
actor Walk {
    let seed: UInt64
    let leaning: Leaning
    let connection: Connection
    /// Another session.
    let owner: Connection
    var chance: Chance
    var vendor = Vendor()
    var shops: [String: Shop] = [:]
    /// Requests that a worker still knows of: unsent, answered, settled.
    var requests: [Request] = []
    /// Requests that something below the bridge keeps and delivers later.
    var held: [Request] = []
    /// Tokens of requests that a layer below sent twice.
    var copied: Set<String> = []
    /// Tokens of refusals that were written back, in the present history of the database.
    var heard: Set<String> = []
    var savedHeard: Set<String>?
    var known: [String: Known] = [:]
    var accountsUsed: [String: Set<String>] = [:]
    /// Claims by allowance, for the half that retries may take.
    var claims: [String: [Claimed]] = [:]
    var states: [OrderState] = []
    /// Nothing was written since `states` was read.
    var isSeen = false
    /// Orders that were completed when the promises were last checked.
    var completed: Set<String> = []
    var flagged: Set<String> = []
    var paused: Set<String> = []
    /// How often the database went back.
    var epoch = 0
    /// How often each kind of step was taken, for the test that a walk is not an empty one.
    var taken: [String: Int] = [:]
    var serial = 0
    /// All that goes wrong has stopped.
    var isCalm = false
    private var trace: [String] = []
    private let start = ContinuousClock.now
    /// What was skipped, and how much of it when the backup was taken.
    private(set) var offset = 0.0
    var savedAt = 0.0

    nonisolated var unownedExecutor: UnownedSerialExecutor { connection.loop.asUnownedSerialExecutor() }

    /// One shop and its vendor account.
    struct Shop {
        let name: String
        let habits: Habits
        let hasSite: Bool
        let assignsCodes: Bool
        let group: String?
        let limit: Int?
        /// The key that each worker has.
        var accounts: [String: String]
    }

    struct Claimed {
        let at: Double
        let isAgain: Bool
        let token: String
    }

    static let workers = ["w1", "w2"]
    static let window = 60.0

    init(seed: UInt64, leaning: Leaning = .even, connection: Connection, owner: Connection) {
        self.seed = seed
        self.leaning = leaning
        self.owner = owner
        self.connection = connection
        chance = Chance(seed: seed)
    }

    /// The walk's time in seconds: real time and what was skipped.
    var now: Double { (ContinuousClock.now - start) / .seconds(1) + offset }

    func note(_ line: String) {
        trace.append(line)
        if trace.count > 400 { trace.removeFirst(100) }
    }

    /// What led to a failure: the steps of one order, and the last of all.
    func story(_ order: String?) -> String {
        let own = order.map { order in trace.filter { $0.contains(order) || $0.contains("goes back") } } ?? []
        return (own + ["… and at last:"] + trace.suffix(order == nil ? 60 : 6)).joined(separator: "\n")
    }

    /// Walks, ends all faults, and looks whether every order has come to its end.
    func run(steps: Int) async throws {
        try await setUp()
        for _ in 0..<steps {
            try await step()
            try await check()
        }
        try await finish()
    }

    private func step() async throws {
        guard
            let actor = chance.weighted([
                (14, "insert"), (5, "update"), (3, "cancel"), (4, "retry"), (2, "shop"),
                (26, "claim"), (20, "send"), (32, "settle"), (8, "rescue"),
                (10, "time"), (5, "lease"), (4, "clock"),
                (9, "operator"), (5, "deliver"), (2, "save"), (2, "back"), (1, "account"),
            ])
        else { return }
        taken[actor, default: 0] += 1
        isSeen = ["send", "deliver"].contains(actor)
        switch actor {
        case "insert": try await insert()
        case "update": try await update()
        case "cancel": try await cancel()
        case "retry": try await retry()
        case "shop": try await changeShop()
        case "claim": try await claim(chance.pick(Self.workers) ?? "w1")
        case "send": try sendOne()
        case "settle": try await settle()
        case "rescue": try await rescue()
        case "time":
            try await advance(
                seconds: chance.pick(leaning == .fewPlaces ? [3, 3, 6, 15, 33] : [3, 3, 6, 15, 60, 63, 120, 600]) ?? 3)
        case "lease": try await endLeases()
        case "clock": try await jump()
        case "operator": try await operate()
        case "deliver": deliver()
        case "save": try await save()
        case "back": try await goBack()
        default: try await changeAccount()
        }
    }

    private func setUp() async throws {
        let isGrouped = chance.percent(40)
        let sharesKey = chance.percent(40)
        let limits: [Int?] = leaning == .fewPlaces ? [3, 4] : [nil, 4, 5, 8, 20, 300]
        for name in ["alpha", "beta", "gamma"] {
            let isPaired = name != "gamma"
            var habits = Habits()
            habits.ignoresCodes = chance.percent(12)
            habits.keepsRefused = chance.percent(leaning == .refusals ? 100 : 35)
            habits.respells = chance.percent(15)
            habits.reorders = chance.percent(30)
            habits.checksCodesFirst = chance.percent(50)
            habits.sellsInPart = chance.percent(30)
            let account = isPaired && sharesKey ? "key1" : "key-\(name)"
            let shop = Shop(
                name: name, habits: habits,
                hasSite: chance.percent(leaning == .refusals ? 0 : leaning == .chosenCodes ? 100 : 45),
                assignsCodes: chance.percent(85),
                group: isPaired && isGrouped ? "pair" : nil,
                limit: chance.pick(limits) ?? nil,
                accounts: ["w1": account, "w2": account])
            shops[name] = shop
            try await connection.query(
                """
                INSERT INTO giftbridge.shops (name, payment_method, assign_codes, code_prefix, rate_limit, rate_group, site_id)
                VALUES ($1, 1, $2, $3, $4::integer, $5, $6::integer)
                """,
                [
                    .text(name), .bool(shop.assignsCodes), .text(chance.pick(["", "GB"]) ?? ""), .int(shop.limit),
                    .text(shop.group), .int(shop.hasSite ? 7 : nil),
                ])
            note("shop \(name) \(habits) site \(shop.hasSite) assigns \(shop.assignsCodes) limit \(shop.limit ?? 0)")
        }
        for worker in Self.workers {
            try await connection.query(
                """
                INSERT INTO giftbridge.status (worker, host, pid, version, state, heartbeat_at)
                VALUES ($1, 'h', 1, '0', 'running', 'infinity')
                """, [.text(worker)])
            try await tell(worker)
        }
        try await look()
    }

    /// Reads everything again where a statement may have changed it, without judging it.
    func look() async throws {
        if isSeen { return }
        let results = try await connection.begin([
            Statement("SELECT * FROM walk.state ORDER BY id", prepared: true),
            Statement("SELECT shop FROM giftbridge.shop_state WHERE codes_ignored_at IS NOT NULL", prepared: true),
            Statement("SELECT name FROM giftbridge.shops WHERE paused", prepared: true),
            Statement("SELECT * FROM walk.strays", prepared: true),
        ]).results()
        states = try results[0].map { try OrderState($0) }
        flagged = Set(try results[1].map { try $0.text(0) })
        paused = Set(try results[2].map { try $0.text(0) })
        isSeen = true
        if let stray = results[3].first {
            throw BrokenPromise(description: "a row of \(try stray.text(0)) has no order \(try stray.text(1))")
        }
    }

    func state(_ key: String) -> OrderState? { states.first { $0.key == key } }

    func skip(_ seconds: Double) { offset += seconds }

    /// The allowance that a request counts against, and its limit.
    func allowance(_ shop: String, _ account: String) -> (name: String, limit: Int?) {
        let group = shops[shop]?.group
        let name = group.map { "group \($0)" } ?? "key \(account)"
        let sharers = shops.values.filter {
            $0.group == group && (group != nil || $0.accounts.values.contains(account))
        }
        return (name, sharers.compactMap(\.limit).min())
    }

    /// Runs a call of a worker's while another session holds one order locked, as an owner's long transaction may.
    func whileLocked(_ order: Int?, _ call: @Sendable (Connection) async throws -> QueryResult) async throws
        -> QueryResult
    {
        guard let order else { return try await call(connection) }
        note("  order \(order) is locked meanwhile")
        let connection = connection
        return try await owner.transaction { transaction in
            try await transaction.query("SELECT FROM giftbridge.orders WHERE id = $1 FOR UPDATE", [.int(order)])
            return try await call(connection)
        }
    }

    /// Runs what a person or a shop asked for; a clear refusal is an answer.
    @discardableResult
    func ask(_ sql: String, _ parameters: [Parameter]) async throws -> QueryResult? {
        do {
            return try await connection.query(sql, parameters)
        } catch let error as ServerError where ["55000", "23514", "23505", "P0002", "22023"].contains(error.sqlState) {
            note("  refused: \(error.message)")
            return nil
        }
    }
}
