import TestSupport
import Testing

extension OneAtATime {
    /// Every ordered pair of faults on one order: the first request suffers one, the second the other, then all is well.
    @Suite struct PairFaultTests {
        /// All but those that pause the whole shop, and but one whose 2 MB cost the sandbox seconds in all.
        private static let faults = VendorModel.faults.filter { $0.word != .setup && $0.name != "huge_200" }

        @Test(.timeLimit(.minutes(3))) func everyPairIsSoldAtMostOnceAndEndsAsTheContractSays() async throws {
            let pairs = Self.faults.flatMap { first in
                Self.faults.map { second in (id: "\(first.name)-\(second.name)", faults: [first, second]) }
            }
            #expect(pairs.count > 1_000)
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await VendorPeer.run { vendor in
                // Patient enough that on two busy cores only the vendor's faults cause doubt.
                let patient = [
                    "GIFTBRIDGE_CONCURRENCY": "150", "GIFTBRIDGE_REQUEST_TIMEOUT": "3s", "GIFTBRIDGE_LEASE": "20s",
                ]
                try await Bridge.quick(database, vendor, patient).run { _ in
                    // In portions, so that the sandbox need not search thousands of faults for each request.
                    for start in stride(from: 0, to: pairs.count, by: 64) {
                        let portion = pairs[start..<min(start + 64, pairs.count)]
                        try await vendor.fault(portion.map { (orderID: $0.id, faults: $0.faults) })
                        try await database.insert(orders: portion.map(\.id))
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
                // Most second faults met a verification.
                #expect(struck.values.count { $0.count > 1 } > 700)
            }
        }
    }
}
