import LibPQ
import TestSupport
import Testing

/// Every ordered pair of faults on one order: the first request suffers one, the second the other, then all is well.
@Suite struct PairFaultTests {
    private static let pairs = VendorModel.faults.flatMap { first in
        VendorModel.faults.map { second in Pair(first, second) }
    }

    @Test(.timeLimit(.minutes(6))) func everyPairIsSoldAtMostOnceAndEndsAsTheContractSays() async throws {
        // Each has a database and a vendor of its own, and most of the time both wait.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for pausesShops in [false, true] {
                let all = Self.pairs.filter { $0.pausesShops == pausesShops }
                for half in [all[..<(all.count / 2)], all[(all.count / 2)...]] {
                    group.addTask { try await Self.sell(Array(half), pausesShops: pausesShops) }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func sell(_ pairs: [Pair], pausesShops: Bool) async throws {
        #expect(pairs.count > 500)
        let database = try await TestServer.shared.database()
        // A set-up fault sets its shop's key aside: a shop for each pair that is on its way.
        let shops = (0..<Pair.portion).map { pausesShops ? "shop \($0)" : "default" }
        try await database.run(
            Set(shops).map {
                "INSERT INTO giftbridge.shops (name) VALUES ('\($0)') ON CONFLICT DO NOTHING"
            }.joined(separator: "; "))
        try await database.liftLimit()
        try await VendorPeer.run { vendor in
            // Patient enough that on two busy cores only the vendor's faults cause doubt.
            let patient = [
                "GIFTBRIDGE_CONCURRENCY": "80", "GIFTBRIDGE_REQUEST_TIMEOUT": "2s", "GIFTBRIDGE_LEASE": "20s",
            ]
            try await Bridge.quick(database, vendor, patient).run { _ in
                // In portions, so that the sandbox need not search thousands of faults for each request.
                for start in stride(from: 0, to: pairs.count, by: Pair.portion) {
                    let portion = pairs[start..<min(start + Pair.portion, pairs.count)]
                    try await vendor.fault(portion.map { (orderID: $0.id, faults: $0.faults) })
                    for (shop, pairs) in Dictionary(grouping: zip(shops, portion), by: \.0) {
                        try await database.insert(orders: pairs.map(\.1.id), shop: shop)
                    }
                    if pausesShops { try await database.waitUntilSettledAndResumed() }
                }
                try await database.waitUntilSettled(within: .seconds(120))
            }
            let ends = pairs.map { (id: $0.id, faults: $0.faults, end: VendorModel.end(after: $0.faults)) }
            let books = try await expectTheBooksBalance(
                database, vendor,
                awaitingAPerson: Set(ends.filter { $0.end.end == .awaitingAPerson }.map(\.id)),
                refusedYetSold: Set(ends.filter { $0.end == (true, .rejected) }.map(\.id)))

            let sales = Dictionary(grouping: books.sales, by: { $0.order_id ?? "" })
            let struck = Dictionary(grouping: books.requests, by: { $0.order_id ?? "" })
            var wrong: [String] = []
            for (id, faults, expected) in ends {
                let strikes = struck[id]?.map(\.fault) ?? []
                if strikes.first != faults[0].name { wrong.append("\(id): the first fault did not strike") }
                if strikes.count > 1, !faults[1].needsSale, strikes[1] != faults[1].name {
                    wrong.append("\(id): the second fault did not strike")
                }
                if books.end(of: id) != expected.end.rawValue {
                    wrong.append("\(id): \(books.end(of: id)), not \(expected.end.rawValue)")
                }
                if sales[id]?.count ?? 0 != (expected.isSold ? 1 : 0) { wrong.append("\(id): sales") }
            }
            #expect(Array(wrong.prefix(12)) == [], "\(wrong.count) orders")
            // Most second faults met a second request.
            #expect(struck.values.count { $0.count > 1 } > 350)
        }
    }
}

/// Two faults for one order: its first request suffers one, its second the other.
private struct Pair {
    /// How many are in flight at once.
    static let portion = 64

    let faults: [VendorModel.Fault]

    init(_ first: VendorModel.Fault, _ second: VendorModel.Fault) { faults = [first, second] }

    var id: String { "\(faults[0].name)-\(faults[1].name)" }
    var pausesShops: Bool { faults.contains { $0.word == .setup } }
}

extension TestDatabase {
    /// Waits until the bridge has nothing more to do, as an operator who resumes every shop whose key is set aside.
    fileprivate func waitUntilSettledAndResumed() async throws {
        let connection = try await connect()
        try await FaultTests.wait(for: "everything settled and resumed", within: .seconds(60)) {
            _ = try await connection.query("SELECT giftbridge.resume(shop) FROM giftbridge.set_aside")
            return try await connection.query(
                "SELECT NOT EXISTS (SELECT FROM giftbridge.order_list WHERE due_at IS NOT NULL) AS settled"
            ).first?.bool("settled") == true
        }
        await connection.close()
    }
}
