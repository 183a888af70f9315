import SmartGift
import Testing

/// The `items` column and the codes that the claim assigned become the items of a request.
@Suite("An order's items")
struct ItemsTests {
    static func items(_ json: String, _ codes: [String?] = []) throws -> [PosSale.Item] {
        try PosSale.Item.items(json: json.utf8, assignedCodes: codes)
    }

    @Test("Every field is read, and null is as good as absent")
    func everyField() throws {
        let json = #"""
            [{"id": 12, "price": 33.3, "to": "Ann", "from": "Bob", "message": "Hi\n", "code": "MINE1", "persons": 4},
             {"id": 3, "price": null, "to": null, "from": null, "message": null, "code": null, "persons": null}, {"id": 4}]
            """#
        #expect(
            try Self.items(json) == [
                PosSale.Item(
                    id: 12, price: DecimalLiteral("33.3"), to: "Ann", from: "Bob", message: "Hi\n", code: "MINE1",
                    persons: 4),
                PosSale.Item(id: 3), PosSale.Item(id: 4),
            ])
    }

    @Test(
        "The shop's own codes are kept, the assigned ones are filled in",
        arguments: [
            (#"[{"id":1}]"#, ["A"], ["A"]),
            (#"[{"id":1},{"id":2}]"#, ["A", "B"], ["A", "B"]),
            (#"[{"id":1,"code":"MINE"},{"id":2}]"#, [nil, "B"], ["MINE", "B"]),
            (#"[{"id":1},{"id":2,"code":"MINE"},{"id":3,"code":null}]"#, ["A", nil, "C"], ["A", "MINE", "C"]),
            (#"[{"id":1,"code":"MINE"}]"#, [nil], ["MINE"]),
            (#"[{"id":1,"code":"MINE"},{"id":2}]"#, [], ["MINE", nil]),
            (#"[{"id":1}]"#, [nil], [nil]),
        ] as [(String, [String?], [String?])])
    func codes(json: String, assigned: [String?], expected: [String?]) throws {
        #expect(try Self.items(json, assigned).map(\.code) == expected)
    }

    @Test(
        "Items and assigned codes that do not fit together are refused: a code must stand for its own item",
        arguments: [
            (#"[{"id":1}]"#, ["SECRETA", "SECRETB"]), (#"[{"id":1},{"id":2}]"#, ["SECRETA"]),
            (#"[{"id":1}]"#, [nil, nil]),
            // An item's own code that passed for one of the bridge's would prove sales that never were.
            (#"[{"id":1,"code":"SECRETA"}]"#, ["SECRETB"]),
            (#"[{"id":1},{"id":2,"code":"SECRETC"}]"#, ["SECRETA", "SECRETB"]),
        ] as [(String, [String?])])
    func mismatch(json: String, assigned: [String?]) {
        let error = #expect(throws: InvalidItems.self) { try Self.items(json, assigned) }
        #expect(error.map { !"\($0)".contains("SECRET") } == true)
    }

    @Test(
        "A wrong type is refused with its place, never its value",
        arguments: [
            (#"[{}]"#, "items[0].id"), (#"[{"id":null}]"#, "items[0].id"), (#"[{"id":"SECRET"}]"#, "items[0].id"),
            (#"[{"id":1.5}]"#, "items[0].id"), (#"[{"id":1e2}]"#, "items[0].id"), (#"[{"id":true}]"#, "items[0].id"),
            (#"[{"id":99999999999999999999}]"#, "items[0].id"), (#"[{"id":1},{"id":[1]}]"#, "items[1].id"),
            (#"[{"id":1,"price":"SECRET"}]"#, "items[0].price"), (#"[{"id":1,"price":-1}]"#, "items[0].price"),
            (#"[{"id":1,"price":1e2}]"#, "items[0].price"), (#"[{"id":1,"price":false}]"#, "items[0].price"),
            (#"[{"id":1,"to":5}]"#, "items[0].to"), (#"[{"id":1,"from":["SECRET"]}]"#, "items[0].from"),
            (#"[{"id":1},{"id":2},{"id":3,"message":{"SECRET":1}}]"#, "items[2].message"),
            (#"[{"id":1,"code":12345}]"#, "items[0].code"), (#"[{"id":1,"persons":"SECRET"}]"#, "items[0].persons"),
            (#"[{"id":1,"persons":2.0}]"#, "items[0].persons"), (#"["SECRET"]"#, "items[0].id"),
            (#"[null]"#, "items[0].id"),
        ])
    func wrongType(json: String, place: String) {
        let error = #expect(throws: InvalidItems.self) { try Self.items(json) }
        #expect(error?.problem.hasPrefix(place + " ") == true)
        #expect(error.map { !"\($0)".contains("SECRET") && !"\($0)".contains("12345") } == true)
    }

    @Test(
        "What is not an array with elements is refused",
        arguments: ["[]", "{}", "null", "1", #""SECRET""#, #"{"0":{"id":1}}"#])
    func noArray(json: String) {
        #expect(throws: InvalidItems(problem: "items is not an array with elements")) { try Self.items(json) }
    }

    @Test("What is not JSON is refused without showing it", arguments: ["", "[", #"[{"id":1,"code":"SECRET]"#])
    func noJSON(json: String) {
        let error = #expect(throws: JSONError.self) { try Self.items(json) }
        #expect(error.map { !"\($0)".contains("SECRET") } == true)
    }
}
