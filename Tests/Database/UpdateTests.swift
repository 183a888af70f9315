import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct UpdateTests {
        /// Contract §1, "written by the shop".
        static let inputs =
            [
                "shop", "shop_order_id", "items", "delivery_method", "delivery_date", "payment_method", "priority",
                "submit_after", "expires_at",
            ]
            + ["email", "first_name", "last_name", "address1", "address2", "postcode", "town", "county"].flatMap {
                ["customer_\($0)", "delivery_\($0)"]
            }

        @Test(arguments: OrderStatus.allCases)
        func inputsChangeOnlyWhilePendingRejectedOrFailed(_ status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert(in: status)
            for input in Self.inputs {
                let update = "UPDATE giftbridge.orders SET \(input) = \(input)"
                if [.pending, .rejected, .failed].contains(status) {
                    try await test.run(update)
                } else {
                    let error = try await test.error(update)
                    #expect(error.sqlState == "55000", "\(input)")
                    #expect(
                        error.message
                            == "order \(id) is \(status == .submitting ? "being sent" : status.rawValue): it can be changed only while pending, rejected or failed"
                    )
                }
            }
        }

        @Test func everyColumnThatShopsWriteIsGuarded() async throws {
            let test = try await TestQueue.make()
            let guarded = try await test.column(
                """
                SELECT a.attname FROM pg_trigger t JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr)
                WHERE t.tgname = 'orders_check_update'
                """)
            #expect(Set(guarded) == Set(Self.inputs))
        }

        @Test(
            arguments: RefusedInsert.lengths.prefix(3) + RefusedInsert.delivery.prefix(3) + RefusedInsert.ids.prefix(3))
        func updateIsCheckedLikeAnInsert(_ refused: RefusedInsert) async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            let changes = refused.columns.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
            let error = try await test.error("UPDATE giftbridge.orders SET \(changes)")
            #expect(error.sqlState == "23514")
            #expect(error.message.hasPrefix(refused.field + " "))
        }

        @Test func submitAfterMovesTheDueTime() async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert()[0]
            try await test.run("UPDATE giftbridge.orders SET submit_after = now() + interval '1 h'")
            #expect(try await test.order(id, "updated_at > created_at") == ["true"])
            #expect(try await test.value("SELECT due_at > now() + interval '59 min' FROM giftbridge.due") == "t")
            #expect(try await test.claim().isEmpty)
            try await test.run("UPDATE giftbridge.orders SET submit_after = now()")
            #expect(try await test.claim().count == 1)
        }

        @Test func otherChangesLeaveTheDueTimeOfARetry() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .retry, .pending, error: "No.", dueIn: .seconds(300)))
            let before = try await test.value("SELECT due_at FROM giftbridge.due")
            try await test.run(
                "UPDATE giftbridge.orders SET customer_town = 'Ely', submit_after = submit_after, priority = 5")
            #expect(try await test.value("SELECT due_at FROM giftbridge.due") == before)
            #expect(try await test.place(order.orderID) == "due 200")
        }

        @Test func aShopIsChangedOnlyBeforeTheFirstRequest() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            let id = try await test.insert()[0]
            try await test.run("UPDATE giftbridge.orders SET shop = 'second'")
            let order = try #require(try await test.claim().first)
            #expect(order.shop == "second")
            try await test.settle(Settlement(of: order, .rejected, .rejected, error: "No."))
            let error = try await test.error("UPDATE giftbridge.orders SET shop = 'default' WHERE id = \(id)")
            #expect(error.message.hasPrefix("shop can no longer be changed"))
        }

        @Test func updateThatRacesTheClaimIsRefused() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            let shop = try await test.other()
            try await test.tell()
            try await test.run("BEGIN")
            #expect(try await test.claim().count == 1)
            async let refusal = shop.error("UPDATE giftbridge.orders SET customer_town = 'Ely'")
            try await test.database.wait(
                for: "1",
                from:
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            try await test.run("COMMIT")
            #expect(try await refusal.sqlState == "55000")
        }

        @Test(arguments: [
            (OrderStatus.pending, "completed_at = now()", "orders_fit_status"),
            (.pending, "voucher_codes = '{A}'", "orders_result_when_completed"),
            (.pending, "order_reference = 'A'", "orders_result_when_completed"),
            (.pending, "in_doubt_since = now()", "orders_fit_status"),
            (.pending, "status = 'sold'", "orders_fit_status"),
            (.pending, "status = 'submitting'", "orders_fit_status"),
            (.pending, "status = 'sold', error = 'Why.'", "orders_fit_status"),
            (.pending, "priority = 101", "orders_priority_bounded"),
            (.completed, "completed_at = NULL", "orders_fit_status"),
            (.completed, "in_doubt_since = now()", "orders_fit_status"),
            (.rejected, "error = NULL", "orders_fit_status"),
            (.rejected, "in_doubt_since = now()", "orders_fit_status"),
            (.failed, "error = NULL", "orders_fit_status"),
            (.inDoubt, "in_doubt_since = NULL", "orders_fit_status"),
            (.inDoubt, "was_in_doubt = false", "orders_fit_status"),
            (.inDoubt, "error = NULL", "orders_fit_status"),
            (.cancelled, "in_doubt_since = now()", "orders_fit_status"),
        ])
        func tableConstraintsTieColumnsToTheState(status: OrderStatus, change: String, constraint: String) async throws
        {
            let test = try await TestQueue.make()
            _ = try await test.insert(in: status)
            // The constraints alone: without the state chart before them.
            try await test.run("SET session_replication_role = replica")
            let error = try await test.error("UPDATE giftbridge.orders SET \(change)")
            #expect(error.sqlState == "23514")
            #expect(error.constraint == constraint)
        }
    }

    struct StateChartTests {
        static let allowed: [OrderStatus: Set<OrderStatus>] = [
            // To completed also where Giftbridge, or an operator, thought otherwise: a late success is the truth.
            .pending: [.completed, .rejected, .failed, .inDoubt, .cancelled],
            .inDoubt: [.completed, .pending, .cancelled],
            .rejected: [.pending, .completed, .inDoubt],
            .failed: [.pending, .completed, .inDoubt],
            .cancelled: [.completed, .inDoubt],
        ]
        /// While a request is in flight the row says pending, or in_doubt.
        private static let states = OrderStatus.allCases.filter { $0 != .submitting }

        private static let test = Task { try await TestQueue.make() }

        @Test(arguments: states, states)
        func onlyTheStateChartsChangesArePossible(from: OrderStatus, to: OrderStatus) async throws {
            let test = try await Self.test.value
            let id = try await test.insert(in: from)
            let changes = TestQueue.columns(of: to).map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
            let update = "UPDATE giftbridge.orders SET \(changes) WHERE id = \(id)"
            if from == to || Self.allowed[from, default: []].contains(to) {
                try await test.run(update)
                #expect(try await test.order(id, "status") == [to.rawValue])
            } else {
                let error = try await test.error(update)
                #expect(error.sqlState == "55000")
                #expect(error.message == "order \(id) is \(from.rawValue) and cannot become \(to.rawValue)")
            }
        }

        @Test(arguments: [
            ("orders_fit_status", OrderStatus.allCases.map(\.rawValue).filter { $0 != "submitting" }),
            (
                "journal_outcome_known",
                [Settlement.Outcome.completed, .rejected, .retry, .inDoubt, .released].map(\.rawValue)
            ),
            ("status_state_known", [WorkerStatus.State.starting, .running, .draining, .stopped].map(\.rawValue)),
        ])
        func statesInSQLAreThoseInSwift(constraint: String, states: [String]) async throws {
            let test = try await TestQueue.make()
            let inSQL = try await test.column(
                """
                SELECT m[1] FROM pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''([a-z_]+)''', 'g') AS m
                WHERE conname = '\(constraint)'
                """)
            #expect(Set(inSQL) == Set(states))
        }
    }
}
