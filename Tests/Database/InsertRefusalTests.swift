import LibPQ
import TestSupport
import Testing

/// An insert that must be refused: what is wrong with it, and how the refusal begins and goes on.
struct RefusedInsert: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// SQL by column.
    let columns: [String: String]
    let field: String
    let rule: String
    var sqlState = "23514"

    /// Stands in every order; no refusal may repeat it.
    static let marker = "Wilhelmina"

    init(_ name: String, _ columns: [String: String], _ field: String, _ rule: String) {
        testDescription = name
        self.columns = columns
        self.field = field
        self.rule = rule
    }

    /// An order with one item, `json`.
    static func item(_ name: String, _ json: String, _ field: String, _ rule: String) -> RefusedInsert {
        RefusedInsert(name, ["items": "'[{\(json)}]'"], "items[0]\(field)", rule)
    }

    static let array = "must be a JSON array of one or more items"
    static let wholeItems: [RefusedInsert] = [
        .init("items null", ["items": "NULL"], "items", array),
        .init("items JSON null", ["items": "'null'"], "items", array),
        .init("items an object", ["items": "'{\"to\": \"\(marker)\"}'"], "items", array),
        .init("items a string", ["items": "'\"\(marker)\"'"], "items", array),
        .init("items empty", ["items": "'[]'"], "items", array),
        .init("items of strings", ["items": "'[\"\(marker)\"]'"], "items[0]", "must be a JSON object"),
        .init("a null item", ["items": "'[{\"id\": 1}, null]'"], "items[1]", "must be a JSON object"),
        .init(
            "101 items", ["items": "'[' || repeat('{\"id\": 1},', 100) || '{\"id\": 1}]'"], "items",
            "at most 100 items, not 101"),
        .item(
            "unknown item field", "\"id\": 1, \"prise\": \"\(marker)\"", "",
            "a field prise that the vendor does not know"),
        .item(
            "field in another case", "\"id\": 1, \"Price\": 10", "", "a field \"Price\" that the vendor does not know"),
    ]

    static let ids: [RefusedInsert] = [
        ("missing", ""), ("null", "\"id\": null"), ("string", "\"id\": \"1\""), ("fraction", "\"id\": 1.5"),
        ("zero", "\"id\": 0"), ("negative", "\"id\": -1"), ("above 31 bits", "\"id\": 2147483648"),
        ("huge", "\"id\": 1e300"), ("boolean", "\"id\": true"), ("array", "\"id\": [1]"),
    ].map { .item("id \($0.0)", $0.1, ".id", "is required and must be the id of a voucher type") }

    static let numbers: [RefusedInsert] =
        [("word", "\"ten\""), ("exponent", "\"1e3\""), ("NaN", "\"NaN\""), ("boolean", "true"), ("object", "{}")].map {
            .item("price \($0.0)", "\"id\": 1, \"price\": \($0.1)", ".price", "must be a number, such as 19.99")
        }
        + ["0", "0.00", "-0.01", "-10", "10.001", "10.100", "0.001", "100000000", "1e20", "1e5000", "1e-5"].map {
            .item("price \($0)", "\"id\": 1, \"price\": \($0)", ".price", "a positive number with at most two decimals")
        }
        + ["0", "-1", "1.5", "\"2\"", "true", "[]", "1000000", "1e9"].map {
            .item("persons \($0)", "\"id\": 1, \"persons\": \($0)", ".persons", "must be an integer of 1 or more")
        }

    static let codes: [RefusedInsert] =
        [
            "\(marker) 1", "\(marker)-1", "\(marker)Ä", "\(marker)٣", "", "\(marker)\\n",
            marker + String(repeating: "A", count: 55),
        ].map {
            .item(
                "code \($0.debugDescription)", "\"id\": 1, \"code\": \"\($0)\"", ".code",
                "must be 1 to 64 letters and digits")
        }
        + [("twice", marker), ("twice, in another case", marker.uppercased())].map {
            .init(
                "code \($0.0)",
                ["items": "'[{\"id\": 1, \"code\": \"\(marker)\"}, {\"id\": 2, \"code\": \"\($0.1)\"}]'"],
                "items[1].code", "is used twice in the order")
        }

    static let texts: [RefusedInsert] = ["to", "from", "message", "code"].flatMap { field in
        ["12", "true", "{\"text\": \"\(marker)\"}", "[\"\(marker)\"]"].map {
            .item("\(field) \($0)", "\"id\": 1, \"\(field)\": \($0)", ".\(field)", "must be a JSON string")
        }
    }

    static let customer: [RefusedInsert] =
        [
            "NULL", "''", "' '", "'\(marker)'", "'\(marker)@'", "'@\(marker)'", "'\(marker)@a b'",
            "E'\(marker)@example.com\\n'",
        ].map {
            .init(
                "customer_email \($0)", ["customer_email": $0], "customer_email",
                "is required and must be an e-mail address")
        }
        + [
            .init("no payment method", ["shop": "'bare'"], "payment_method", "neither the order nor its shop has one"),
            .init("unknown shop", ["shop": "'\(marker)'"], "shop", "is unknown, or your role has no access to it"),
            .init("empty shop_order_id", ["shop_order_id": "''"], "shop_order_id", "must be 1 to 200 characters"),
            .init(
                "long shop_order_id", ["shop_order_id": "repeat('\(marker)', 21)"], "shop_order_id",
                "must be 1 to 200 characters"),
            .init(
                "shop_order_id of two lines", ["shop_order_id": "E'\(marker)\\n2'"], "shop_order_id",
                "without control characters"),
            .init("priority too high", ["priority": "101"], "priority", "must be an integer from -100 to 100"),
            .init("priority too low", ["priority": "-101"], "priority", "must be an integer from -100 to 100"),
            .init(
                "expired", ["expires_at": "now() - interval '1 s'"], "expires_at",
                "must be a point in time after submit_after"),
        ]

    static let delivery: [RefusedInsert] =
        [
            .init("no delivery method", ["delivery_method": "NULL"], "delivery_method", "is required"),
            .init(
                "online without e-mail", ["delivery_email": "NULL"], "delivery_email",
                "is required because this delivery method is online"),
            .init(
                "e-mail of an online delivery", ["delivery_email": "'\(marker)'"], "delivery_email",
                "must be an e-mail address"),
            .init(
                "e-mail of another delivery", ["delivery_email": "'\(marker)'", "delivery_method": "9"],
                "delivery_email",
                "must be an e-mail address, or null"),
            .init(
                "offline without address", ["delivery_method": "2", "delivery_postcode": "'\(marker)'"],
                "delivery_address1",
                "is required because this delivery method is offline"),
            .init(
                "offline with a blank address",
                ["delivery_method": "2", "delivery_postcode": "'\(marker)'", "delivery_address1": "' '"],
                "delivery_address1",
                "is required"),
            .init(
                "offline without postcode", ["delivery_method": "2", "delivery_address1": "'\(marker)'"],
                "delivery_postcode",
                "is required because this delivery method is offline"),
        ]
        + ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01"].map {
            .init(
                "delivery_date \($0)", ["delivery_date": "'\($0)'"], "delivery_date",
                "must be a date of the years 1 to 9999")
        }
        + ["'infinity'", "'-infinity'"].map {
            .init("submit_after \($0)", ["submit_after": $0], "submit_after", "must be a point in time")
        }

    static let lengths: [RefusedInsert] =
        [
            "first_name", "last_name", "address1", "address2", "postcode", "town", "county",
        ].flatMap { name in
            ["customer_", "delivery_"].map {
                .init(
                    "long \($0 + name)", [$0 + name: "repeat('\(marker)', 101)"], $0 + name,
                    "is longer than 1000 characters")
            }
        }
        + ["customer_email", "delivery_email"].map {
            .init(
                "long \($0)", [$0: "repeat('\(marker)', 101) || '@example.com'"], $0, "is longer than 1000 characters")
        }
        + [("to", 101, 1000), ("from", 101, 1000), ("message", 2001, 20000)].map {
            .init(
                "long \($0.0)", ["items": "'[{\"id\": 1, \"\($0.0)\": \"' || repeat('\(marker)', \($0.1)) || '\"}]'"],
                "items[0].\($0.0)", "is longer than \($0.2) characters")
        }

    static let bridgeColumns: [RefusedInsert] = [
        ("status", "'completed'"), ("status", "'cancelled'"), ("order_reference", "'\(marker)'"),
        ("voucher_codes", "'{\(marker)}'"), ("error", "'\(marker)'"), ("attempts", "1"),
        ("completed_at", "now()"), ("was_in_doubt", "true"), ("was_refused", "true"), ("sent_to", "'\(marker)'"),
        ("verifications", "1"),
        ("setup_faults", "1"), ("sent_payment_method", "1"), ("in_doubt_since", "now()"),
    ].map {
        .init("\($0.0) \($0.1)", [$0.0: $0.1], "status and the result columns", "are written by Giftbridge")
    }

    static let all = [
        wholeItems, ids, numbers, codes, texts, customer, delivery, lengths, bridgeColumns,
    ].flatMap { $0 }
}

extension DatabaseTests {
    struct InsertRefusalTests {
        /// One for all cases: a refused insert leaves nothing.
        private static let test = Task {
            let test = try await TestQueue.make()
            try await test.shop("bare", ["payment_method": "NULL"])
            return test
        }

        /// The smallest order, with personal data everywhere that no case is about.
        private static func insert(_ columns: [String: String]) -> String {
            let personal = [
                "customer_email": "'\(RefusedInsert.marker)@example.com'",
                "customer_last_name": "'\(RefusedInsert.marker)'",
                "items": "'[{\"id\": 1, \"message\": \"\(RefusedInsert.marker)\"}]'",
            ]
            return TestQueue.insert(1, personal.merging(columns) { $1 })
        }

        @Test(arguments: RefusedInsert.all)
        func insertThatCouldNeverBeSoldIsRefused(_ insert: RefusedInsert) async throws {
            let test = try await Self.test.value
            let error = try await test.error(Self.insert(insert.columns))
            #expect(error.sqlState == insert.sqlState)
            #expect(error.message.hasPrefix(insert.field + " "))
            #expect(error.message.contains(insert.rule))
            let told = [error.message, error.detail, error.hint, error.context].compactMap { $0 }.joined().lowercased()
            #expect(!told.contains(RefusedInsert.marker.lowercased()))
            #expect(error.constraint == "orders_sellable")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders") == 0)
        }

        /// These end in PostgreSQL's own input functions, which cannot name the column. CONTEXT quotes what is around.
        @Test(arguments: [
            ("text with a NUL", ["customer_town": "E'a\\000b'"], "22021"),
            ("NUL in items", ["items": "'[{\"id\": 1, \"message\": \"\\u0000\"}]'"], "22P05"),
            ("items that are no JSON", ["items": "'[{\"id\": 1,}]'"], "22P02"),
            ("id of one's own", ["id": "7"], "428C9"),
        ])
        func insertThatPostgreSQLItselfCannotTakeIsRefused(
            name: String, columns: [String: String], sqlState: String
        ) async throws {
            let error = try await Self.test.value.error(Self.insert(columns))
            #expect(error.sqlState == sqlState)
            #expect(!error.message.contains(RefusedInsert.marker))
        }

        @Test func repeatedShopOrderIdIsRefusedPerShop() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            try await test.insert(1, ["shop_order_id": "'100045'"])
            try await test.insert(1, ["shop_order_id": "'100045'", "shop": "'second'"])
            try await test.insert(2, ["shop_order_id": "NULL"])
            let error = try await test.error(TestQueue.insert(1, ["shop_order_id": "'100045'"]))
            #expect(error.sqlState == "23505")
            #expect(error.constraint == "orders_shop_order_id_key")
        }

        @Test func oneBadOrderRefusesTheWholeStatement() async throws {
            let test = try await TestQueue.make()
            _ = try await test.error(TestQueue.insert(10, ["delivery_email": "CASE i WHEN 7 THEN NULL ELSE 'a@b' END"]))
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders") == 0)
        }
    }
}
