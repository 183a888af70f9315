import Giftbridge
import LibPQ
import Logging
import Sandbox

/// The demo's web shop: inserts orders, LISTENs for results, and shows each result.
struct DemoShop: Sendable {
    let house: DemoHouse.Open
    let screen: DemoScreen

    /// Runs the shop until every order is finished.
    ///
    /// - Returns: Whether all results are as expected, including the vendor's ledger.
    func play() async throws -> Bool {
        let inserts = try await Connection.open(house.conninfo, logger: Logger(label: "shop"))
        // Notifications can get lost, so the shop also looks at regular intervals.
        let (hints, hint) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let results = try await Connection.open(
            house.conninfo, logger: Logger(label: "shop"), onNotify: { _ in hint.yield() })
        _ = try await results.query(SQL.Demo.listen)
        screen.beginOrders(count: DemoOrder.all.count)

        let refusals = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                var refusals = 0
                for order in DemoOrder.all {
                    if try await !insert(order, on: inserts) { refusals += 1 }
                    try await Task.sleep(for: .milliseconds(60))
                }
                return refusals
            }
            let tick = Task {
                while !Task.isCancelled {
                    hint.yield()
                    try? await Task.sleep(for: .milliseconds(200))  // Cancelled: the loop ends.
                }
            }
            defer { tick.cancel() }
            try await watch(hints, on: inserts)
            return try await group.next() ?? 0
        }
        let isGood = try await sum(on: inserts, refusals: refusals)
        await inserts.close()
        await results.close()
        return isGood
    }

    private func insert(_ order: DemoOrder, on connection: Connection) async throws -> Bool {
        do {
            _ = try await connection.prepared(
                SQL.Demo.insert,
                [
                    .text(order.shopOrderID), .text(order.items), .text(order.email), .text(order.firstName),
                    .text(order.lastName), .int(order.deliveryMethod), .text(order.deliveryEmail),
                    .text(order.address1),
                    .text(order.postcode), .text(order.town), .int(order.deliveryInDays), .int(order.priority),
                ])
            return true
        } catch let error as ServerError where error.sqlStateClass == "23" {
            screen.refusedInsert(order.shopOrderID, error.message)
            return false
        }
    }

    /// Shows each order's states as they come, until all orders are finished.
    private func watch(_ hints: AsyncStream<Void>, on connection: Connection) async throws {
        var shown: Set<String> = []
        let expected = DemoOrder.all.count { !$0.isInvalid }
        let deadline = ContinuousClock.now + .seconds(60)
        for await _ in hints {
            try Task.checkCancellation()
            let rows = try await connection.prepared(SQL.Demo.orders)
            var finished = 0
            for row in rows {
                let status = try row.text("status")
                guard status != "pending", status != "submitting" else { continue }
                if status != "in_doubt" { finished += 1 }
                if shown.insert("\(try row.int("id")) \(status)").inserted { try screen.order(row) }
            }
            if finished == expected || ContinuousClock.now > deadline { return }
        }
    }

    /// Compares the table with the vendor's ledger.
    private func sum(on connection: Connection, refusals: Int) async throws -> Bool {
        let rows = try await connection.prepared(SQL.Demo.orders)
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.text("status"), default: 0] += 1 }
        let sales = await house.sandbox.ledger.sales()
        let completed = try rows.filter { try $0.text("status") == "completed" }
        let sold = Dictionary(grouping: sales, by: { $0.orderID ?? "" })
        let isOnceEach =
            try sales.count == completed.count
            && completed.allSatisfy { row in
                let codes = try row.textArray("voucher_codes").compactMap { $0 }
                return sold[try row.text("shop_order_id")]?.map { $0.items.map(\.code) } == [codes]
            }
        let isGood =
            isOnceEach && refusals == 1 && counts["rejected"] == 1
            && completed.count == DemoOrder.all.count - 2 && rows.count == DemoOrder.all.count - 1
        screen.summary(
            counts: counts, refusedInserts: refusals, sales: sales.count, isOnceEach: isOnceEach, isGood: isGood)
        return isGood
    }
}

/// An order of the demo's shop. The orders vary, but are the same in every run.
struct DemoOrder: Sendable {
    var shopOrderID: String
    /// JSON, as a shop writes it.
    var items: String
    var email: String
    var firstName: String?
    var lastName: String?
    var deliveryMethod = 1
    var deliveryEmail: String?
    var address1: String?
    var postcode: String?
    var town: String?
    /// Days from today; nil: no date.
    var deliveryInDays: Int?
    var priority = 0
    /// Whether the database refuses the insert.
    var isInvalid = false

    /// The order whose answer the sandbox loses after the sale.
    static let lostAnswer = "100020"
    /// The order that the vendor refuses: its voucher type is disabled.
    static let refused = "100012"

    /// Three dozen orders.
    static let all: [DemoOrder] = {
        let people = [
            ("Ann", "Evans"), ("Bob", "Smith"), ("Chloé", "Durand"), ("Jürgen", "Weiß"), ("李", "雷"),
            ("Siân", "O'Neill"),
        ]
        let items = [
            #"[{"id": 1, "price": 25.00, "to": "Ann", "from": "Bob", "message": "Happy birthday!"}]"#,
            #"[{"id": 1, "price": 100.10}]"#,
            #"[{"id": 3, "persons": 2, "message": "See you at the spa 🎁"}]"#,
            #"[{"id": 2, "price": 50.00}, {"id": 2, "price": 50.00}]"#,
            #"[{"id": 1, "price": 33.3, "to": "Grandma \"Nan\" Jones", "message": "From all of us\nwith love"}]"#,
            #"[{"id": 4, "persons": 4}, {"id": 1, "price": 64.35}, {"id": 1, "price": 0.10}]"#,
        ]
        return (1...36).map { number in
            let person = people[number % people.count]
            var order = DemoOrder(
                shopOrderID: String(100_000 + number), items: items[number % items.count],
                email: "customer\(number)@example.com", firstName: person.0, lastName: person.1,
                deliveryEmail: "recipient\(number)@example.com")
            switch number {
            case 7:
                order.deliveryMethod = 3
                order.deliveryEmail = nil
                (order.address1, order.postcode, order.town) = ("Bank Chambers, High Street", "NP11 4EY", "Newbridge")
            case 12: order.items = #"[{"id": 5, "price": 10.00}]"#
            case 15: order.deliveryInDays = 14
            case 18: order.items = #"[{"id": 1, "price": 80.00, "code": "SUMMER2027"}]"#
            case 25: order.priority = 10
            case 30:
                order.items = #"[{"id": 1, "price": 9.999}]"#
                order.isInvalid = true
            default: break
            }
            return order
        }
    }()
}
