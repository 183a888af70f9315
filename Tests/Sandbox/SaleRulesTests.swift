import Testing

@testable import Sandbox

@Suite("The sandbox's rules for a sale")
struct SaleRulesTests {
    private func check(_ body: String, taken: Set<String> = []) throws -> SaleRules.Finding {
        let rules = SaleRules(
            catalogue: Catalogue(),
            today: CivilDate(unixSeconds: 1_766_534_400),
            isCodeTaken: { taken.contains($0) }
        )
        return rules.check(try JSONParser.parse(body))
    }

    private func draft(_ body: String) throws -> SaleDraft {
        switch try check(body) {
        case .valid(let draft): return draft
        case .refused(let errors):
            Issue.record("refused: \(errors)")
            throw ConnectionCut()
        }
    }

    private func errors(_ body: String, taken: Set<String> = []) throws -> ValidationErrors {
        if case .refused(let errors) = try check(body, taken: taken) { errors } else { ValidationErrors() }
    }

    @Test("The vendor's full example is read field by field")
    func fullExample() throws {
        let draft = try draft(VendorExamples.full)
        #expect(draft.items.map(\.code) == ["EXAMPLECODE1", "EXAMPLECODE2"])
        #expect(draft.items.map(\.price) == ["100.00", "100.00"])
        #expect(draft.items.map(\.to) == ["Recipient #1", "Sender"])
        #expect(draft.items.map(\.from) == ["Sender", "Recipient #2"])
        #expect(draft.items[0].message == "Here is an example voucher for you to enjoy!")
        #expect(
            draft.customer
                == Sale.Contact(
                    email: "customer@example.com", firstName: "John", lastName: "Smith", address1: "Bank Chambers",
                    address2: "High Street", postcode: "NP11 4EY", town: "Newbridge", county: "Newport"
                )
        )
        #expect(draft.delivery.email == "recipient@example.com")
        #expect(draft.delivery.town == nil)
        #expect(draft.deliveryMethod == 1)
        #expect(draft.paymentMethod == 1)
        #expect(draft.orderID == "123")
    }

    @Test("The vendor's short example is enough")
    func shortExample() throws {
        let draft = try draft(VendorExamples.short)
        #expect(
            draft.items == [
                SaleDraft.Item(
                    id: 1, price: "100.00", priceSent: "100.00", persons: 1, code: nil, to: nil, from: nil, message: nil
                )
            ])
        #expect(draft.orderID == nil)
    }

    @Test(
        "Each broken rule has its error at its field",
        arguments: [
            ("{}", "items", "is required"),
            ("{}", "customer", "is required"),
            ("{}", "customer.email", "is required"),
            ("{}", "delivery", "is required"),
            ("{}", "delivery.method", "is required"),
            ("{}", "payment_method", "The payment method field is required."),
            (VendorExamples.sale(items: "[]"), "items", "is required"),
            (VendorExamples.sale(items: "null"), "items", "is required"),
            (VendorExamples.sale(items: "{}"), "items", "must be an array"),
            (VendorExamples.sale(items: "[3]"), "items.0", "must be an array"),
            (VendorExamples.sale(items: "[{}]"), "items.0.id", "is required"),
            (VendorExamples.sale(items: #"[{"id": "1", "price": 1}]"#), "items.0.id", "must be an integer"),
            (VendorExamples.sale(items: #"[{"id": 1.0, "price": 1}]"#), "items.0.id", "must be an integer"),
            (VendorExamples.sale(items: #"[{"id": 99, "price": 1}]"#), "items.0.id", "is invalid"),
            (VendorExamples.sale(items: #"[{"id": 5, "price": 5}]"#), "items.0.id", "is invalid"),
            (VendorExamples.sale(items: #"[{"id": 7, "price": 5}]"#), "items.0.id", "is invalid"),
            (VendorExamples.sale(items: #"[{"id": 1}]"#), "items.0.price", "is required"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": null}]"#), "items.0.price", "is required"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": "1.00"}]"#), "items.0.price", "must be a number"),
            (VendorExamples.sale(items: #"[{"id": 3, "price": "1.00"}]"#), "items.0.price", "must be a number"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 0}]"#), "items.0.price", "at least 0.01"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": -5}]"#), "items.0.price", "at least 0.01"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 1000.01}]"#), "items.0.price", "greater than 1000.00"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 64.355}]"#), "items.0.price", "multiple of 0.01"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 100.09999}]"#), "items.0.price", "multiple of 0.01"),
            (VendorExamples.sale(items: #"[{"id": 2, "price": 12.50}]"#), "items.0.price", "multiple of 5.00"),
            (VendorExamples.sale(items: #"[{"id": 3, "persons": 5}]"#), "items.0.persons", "between 1 and 4"),
            (VendorExamples.sale(items: #"[{"id": 3, "persons": 0}]"#), "items.0.persons", "between 1 and 4"),
            (VendorExamples.sale(items: #"[{"id": 4}]"#), "items.0.persons", "between 2 and 8"),
            (VendorExamples.sale(items: #"[{"id": 4, "persons": "2"}]"#), "items.0.persons", "must be an integer"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 1, "code": "A-1"}]"#), "items.0.code", "letters and num"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 1, "code": "é"}]"#), "items.0.code", "letters and num"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 1, "code": ""}]"#), "items.0.code", "letters and num"),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 1, "code": 12}]"#), "items.0.code", "must be a string"),
            (
                VendorExamples.sale(
                    items: #"[{"id": 1, "price": 1, "code": "A"}, {"id": 1, "price": 1, "code": "a"}]"#),
                "items.1.code", "has already been taken"
            ),
            (VendorExamples.sale(items: #"[{"id": 1, "price": 1, "to": 3}]"#), "items.0.to", "must be a string"),
            (VendorExamples.sale(customer: "[]"), "customer", "must be an array"),
            (VendorExamples.sale(customer: "{}"), "customer.email", "is required"),
            (VendorExamples.sale(customer: #"{"email": "  "}"#), "customer.email", "is required"),
            (VendorExamples.sale(customer: #"{"email": "nobody"}"#), "customer.email", "valid email address"),
            (VendorExamples.sale(customer: #"{"email": "a@b@c"}"#), "customer.email", "valid email address"),
            (VendorExamples.sale(customer: #"{"email": "a b@c"}"#), "customer.email", "valid email address"),
            (VendorExamples.sale(customer: #"{"email": "a@b", "town": 3}"#), "customer.town", "must be a string"),
            (VendorExamples.sale(delivery: #"{"method": "1"}"#), "delivery.method", "must be an integer"),
            (VendorExamples.sale(delivery: #"{"method": 9}"#), "delivery.method", "is invalid"),
            (VendorExamples.sale(delivery: #"{"method": 1}"#), "delivery.email", "is required"),
            (VendorExamples.sale(delivery: #"{"method": 2, "email": null}"#), "delivery.email", "is required"),
            (VendorExamples.sale(delivery: #"{"method": 3, "email": "a@b"}"#), "delivery.address1", "is required"),
            (VendorExamples.sale(delivery: #"{"method": 3, "address1": "x"}"#), "delivery.postcode", "is required"),
            (
                VendorExamples.sale(delivery: #"{"method": 1, "email": "a@b", "date": 20251224}"#),
                "delivery.date", "must be a string"
            ),
            (VendorExamples.sale(payment: "9"), "payment_method", "The selected payment method is invalid."),
            (VendorExamples.sale(payment: #""1""#), "payment_method", "must be an integer"),
            (VendorExamples.sale(more: #", "order_id": 5"#), "order_id", "The order id field must be a string."),
        ]
    )
    func brokenRule(body: String, path: String, words: String) throws {
        let messages = try errors(body)[path]
        #expect(messages.count == 1)
        #expect(messages.first?.contains(words) == true, "\(messages)")
    }

    @Test("A request with one fault has one error")
    func oneFaultOneError() throws {
        let errors = try errors(VendorExamples.sale(items: #"[{"id": 1, "price": "1.00"}]"#))
        #expect(errors.fields.map(\.path) == ["items.0.price"])
        #expect(errors.message == "The items.0.price field must be a number.")
    }

    @Test(
        "The message is the first error and the number of the others",
        arguments: [
            (VendorExamples.sale(payment: "9"), "The selected payment method is invalid."),
            (VendorExamples.sale(items: "[{}]", payment: "9"), "The items.0.id field is required. (and 1 more error)"),
            ("{}", "The items field is required. (and 5 more errors)"),
        ]
    )
    func message(body: String, message: String) throws {
        #expect(try errors(body).message == message)
    }

    @Test("A code of an earlier sale is taken, whatever its case", arguments: ["ABC1", "abc1", "Abc1"])
    func takenCode(code: String) throws {
        let body = VendorExamples.sale(items: #"[{"id": 1, "price": 1, "code": "\#(code)"}]"#)
        #expect(try errors(body, taken: ["abc1"])["items.0.code"] == ["The items.0.code has already been taken."])
    }

    @Test("A monetary price keeps its literal", arguments: ["0.10", "33.3", "1000", "64.35", "100.00", "0.01", "1e2"])
    func priceKeepsItsLiteral(literal: String) throws {
        let draft = try draft(VendorExamples.sale(items: #"[{"id": 1, "price": \#(literal)}]"#))
        #expect(draft.items[0].price == literal)
    }

    @Test(
        "An experience is priced by the vendor, for as many persons as come",
        arguments: [
            (#"{"id": 3}"#, "45.00", 1), (#"{"id": 3, "persons": 4}"#, "180.00", 4),
            (#"{"id": 4, "persons": 2, "price": 1}"#, "240.00", 2),
        ]
    )
    func experiencePrice(item: String, price: String, persons: Int) throws {
        let draft = try draft(VendorExamples.sale(items: "[\(item)]"))
        #expect(draft.items[0].price == price)
        #expect(draft.items[0].persons == persons)
    }

    @Test("Unknown fields are ignored, and a hidden voucher is sold")
    func unknownFieldsAreIgnored() throws {
        let body = VendorExamples.sale(items: #"[{"id": 6, "price": 5, "colour": 3}]"#, more: #", "x": {"y": 1}"#)
        #expect(try draft(body).items[0].id == 6)
    }

    @Test(
        "Only a future date delays the delivery; a wrong one is passed over in silence",
        arguments: [
            ("2025-12-25", "2025-12-25"), ("2026-01-01T10:00:00Z", "2026-01-01"), ("2025-12-24", nil),
            ("2025-12-23", nil), ("2026-02-29", nil), ("25/12/2026", nil), ("soon", nil), ("", nil),
        ] as [(String, String?)]
    )
    func deliveryDate(sent: String, deliversOn: String?) throws {
        let delivery = #"{"method": 1, "email": "a@b", "date": "\#(sent)"}"#
        let draft = try draft(VendorExamples.sale(delivery: delivery))
        #expect(draft.dateSent == sent)
        #expect(draft.deliversOn == deliversOn)
    }

    @Test(
        "A moment's day is that of the calendar",
        arguments: [
            (0, "1970-01-01"), (-1, "1969-12-31"), (951_782_400, "2000-02-29"), (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"), (4_107_542_400, "2100-03-01"),
        ] as [(Double, String)]
    )
    func day(unixSeconds: Double, day: String) {
        #expect(CivilDate(unixSeconds: unixSeconds).description == day)
        #expect(CivilDate(day) == CivilDate(unixSeconds: unixSeconds))
    }

    @Test(
        "What is no day is nil", arguments: ["", "2025-13-01", "2025-00-10", "2025-04-31", "2025-4-1", "2025-04-01x"])
    func wrongDay(text: String) {
        #expect(CivilDate(text) == nil)
    }
}

@Suite("The sandbox's decimals")
struct ExactDecimalTests {
    @Test(
        "Comparison is exact, whatever the form",
        arguments: [
            ("0.1", "0.10", 0), ("1e2", "100.00", 0), ("-0", "0.00", 0), ("0.29", "0.30", -1), ("1000.01", "1000", 1),
            ("64.35", "64.350000000000001", -1), ("-1", "1", -1), ("123456789012345678e18", "0.000000000000000001", 1),
            ("0.000000000000000001", "123456789012345678e18", -1),
        ] as [(ExactDecimal, ExactDecimal, Int)]
    )
    func comparisonIsExact(left: ExactDecimal, right: ExactDecimal, order: Int) {
        #expect((left == right) == (order == 0))
        #expect((left < right) == (order < 0))
        #expect((left > right) == (order > 0))
    }

    @Test(
        "What is no decimal, or too long for one, is nil",
        arguments: ["", "-", ".5", "5.", "1,5", "1e", "1e400", "0x1", "1234567890123456789", " 1", "1.2.3", "--1"]
    )
    func wrongTextIsNil(text: String) {
        #expect(ExactDecimal(text) == nil)
    }

    @Test(
        "A price is reached from the minimum in whole steps",
        arguments: [
            ("10.00", true), ("15", true), ("250.00", true), ("12.50", false), ("14.99", false), ("5.00", false),
            ("1e2", true),
        ] as [(ExactDecimal, Bool)]
    )
    func steps(price: ExactDecimal, isReached: Bool) {
        #expect(price.isReached(from: "10.00", by: "5.00") == isReached)
    }

    @Test(
        "A product keeps the places its factor is written with",
        arguments: [
            ("45.00", 3, "135.00"), ("45.00", 1, "45.00"), ("0.35", 3, "1.05"), ("33.3", 10, "333.0"),
            ("100", 2, "200"),
            ("0.05", 1, "0.05"), ("120.00", 0, "0.00"),
        ] as [(ExactDecimal, Int, String)]
    )
    func products(value: ExactDecimal, factor: Int, text: String) {
        #expect(value.multiplied(by: factor)?.text == text)
    }
}
