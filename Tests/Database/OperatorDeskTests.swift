import Foundation
import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct OperatorDeskTests {
        @Test func workersAreSeenAsTheyAre() async throws {
            let test = try await TestQueue.make()
            let desk = OperatorDesk(test.connection)
            #expect(try await desk.workers() == [])
            try await test.heartbeat()
            for name in ["dead", "gone"] { try await test.other(name).heartbeat() }
            try await test.run(
                """
                UPDATE giftbridge.status SET heartbeat_at = now() - interval '61 s' WHERE worker <> 'one';
                UPDATE giftbridge.status SET state = 'stopped' WHERE worker = 'gone'
                """)
            let workers = try await desk.workers()
            #expect(workers.map(\.worker) == ["one", "dead", "gone"])
            #expect(workers.map(\.state) == [.running, .dead, .stopped])
            #expect(workers[1].heartbeatSeconds >= 61 && workers[0].heartbeatSeconds < 30)
        }

        @Test func queuesSayWhatNeedsAPerson() async throws {
            let test = try await TestQueue.make(rateLimit: "20")
            for status in [OrderStatus.rejected, .failed, .inDoubt, .completed] {
                _ = try await test.insert(in: status)
            }
            try await test.insert(2)
            let queue = try #require(try await OperatorDesk(test.connection).queues().first)
            #expect(queue.shop == "default" && queue.pending == 2 && queue.allowanceLeft == 20)
            #expect(queue.needsAttention == 3 && queue.inDoubt == 1 && queue.etaSeconds == nil && !queue.paused)
        }

        @Test func ordersAreFoundByShopStateAndNumber() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            try await test.insert(3, ["shop_order_id": "(100044 + i)::text"])
            try await test.insert(1, ["shop_order_id": "'100045'", "shop": "'second'"])
            let rejected = try await test.insert(in: .rejected)
            let doubtful = try await test.insert(in: .inDoubt)
            let desk = OperatorDesk(test.connection)

            var search = OrderSearch()
            #expect(try await desk.orders(search).map(\.id) == [6, 5, 4, 3, 2, 1])
            search.limit = 2
            #expect(try await desk.orders(search).map(\.id) == [6, 5])
            search = OrderSearch()
            search.shop = "second"
            #expect(try await desk.orders(search).map(\.id) == [4])
            search = OrderSearch()
            search.status = .rejected
            #expect(try await desk.orders(search).map(\.id) == [rejected])
            search = OrderSearch()
            search.shopOrderID = "100045"
            #expect(try await desk.orders(search).map(\.id) == [4, 1])
            search = OrderSearch()
            search.needsAttention = true
            #expect(try await desk.orders(search).map(\.id) == [doubtful, rejected])
            #expect(try await desk.orders(search).map(\.error) == ["Why.", "Why."])
        }

        @Test(arguments: [
            ("100045", nil as String?, [1, 4]), ("100045", "second", [4]), ("2", nil, [3, 2]), ("#2", nil, [2]),
            ("gb-5", nil, [5]), ("5", "second", []), ("nonsense", nil, []), ("#", nil, []),
        ])
        func anOrderIsFoundByEitherNumber(_ name: String, shop: String?, ids: [Int]) async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            for (number, shop) in [
                ("'100045'", "default"), ("'100046'", "default"), ("'2'", "default"), ("'100045'", "second"),
                ("NULL", "default"),
            ] {
                try await test.insert(1, ["shop_order_id": number, "shop": "'\(shop)'"])
            }
            #expect(try await OperatorDesk(test.connection).find(name, shop: shop) == ids)
        }

        @Test func aStoryHasTheJournalAndWhatDecides() async throws {
            let test = try await TestQueue.make(rateLimit: "10")
            let desk = OperatorDesk(test.connection)
            #expect(try await desk.story(of: 1) == nil)
            let order = try await test.claimedOrder(["shop_order_id": "'100045'"])
            try await test.heartbeat()
            var story = try #require(try await desk.story(of: order.orderID))
            #expect(story.facts.heldBy == "one" && story.facts.holderState == .running)
            #expect(story.journal.map(\.outcome) == [nil] && story.order.codes == nil)

            try await test.settle(Settlement(of: order, .rejected, .rejected, error: "items.0.price: No."))
            story = try #require(try await desk.story(of: order.orderID))
            #expect(story.timeline.map(\.what).last == "refused by Giftbridge's own check")
            #expect(story.timeline.map(\.detail).last == "items.0.price: No.")
            #expect(story.outlook.options.map(\.action) == [.correct, .retry])
            let json = try OperatorJSON.text(story)
            #expect(json.contains("\"shop_order_id\" : \"100045\""))
            #expect(!json.contains("bob@example.com") && !json.contains("ann@example.com"))
        }

        @Test func aPendingOrderKnowsItsPlaceInTheLine() async throws {
            let test = try await TestQueue.make(rateLimit: "2")
            try await test.run("UPDATE giftbridge.shops SET rate_window = '100 s'")
            try await test.heartbeat()
            try await test.insert(3)
            try await test.insert(1, ["priority": "5"])
            try await test.insert(1, ["submit_after": "now() + interval '1 h'"])
            let desk = OperatorDesk(test.connection)
            let facts = try await [1, 3, 4, 5].asyncMap { try #require(try await desk.story(of: $0)).facts }
            #expect(facts.map(\.ahead) == [1, 3, 0, 4])
            #expect(facts.map { $0.turnSeconds?.rounded() } == [0, 101, 0, nil])
        }

        @Test func noCodeAndNoPersonIsInAnyView() async throws {
            let test = try await TestQueue.make()
            let columns = try await test.column(
                """
                SELECT DISTINCT column_name::text FROM information_schema.columns
                WHERE table_schema = 'giftbridge' AND table_name IN ('workers', 'queue', 'order_list', 'order_story', 'attempts')
                """)
            #expect(columns.contains("ahead") && columns.contains("heartbeat_seconds"))
            let secret = try Regex("customer|delivery|voucher|assigned|response|^items_|email")
            #expect(columns.filter { $0.contains(secret) } == [])
            let kinds = try await test.column(
                """
                SELECT DISTINCT data_type::text FROM information_schema.columns WHERE table_schema = 'giftbridge'
                AND table_name IN ('workers', 'queue', 'order_list', 'order_story', 'attempts') AND data_type IN ('jsonb', 'ARRAY')
                """)
            #expect(kinds == [])
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
