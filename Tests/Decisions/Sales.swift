import Foundation
import SmartGift

/// Sales that the tests start from.
enum Sales {
    /// The vendor's full example request, from the values of a row: `items` as the column has it.
    static func full() throws -> PosSale {
        let items = #"""
            [{"id": 1, "to": "Recipient #1", "code": "EXAMPLECODE1", "from": "Sender", "price": 100.00,
              "message": "Here is an example voucher for you to enjoy!"},
             {"id": 1, "to": "Sender", "code": "EXAMPLECODE2", "from": "Recipient #2", "price": 100.00,
              "message": "Here is an example voucher for you to enjoy!"}]
            """#
        return PosSale(
            items: try PosSale.Item.items(json: items.utf8, assignedCodes: []),
            customer: PosSale.Customer(
                email: "customer@example.com",
                address: PosSale.Address(
                    firstName: "John", lastName: "Smith", address1: "Bank Chambers", address2: "High Street",
                    postcode: "NP11 4EY", town: "Newbridge", county: "Newport")),
            delivery: PosSale.Delivery(method: 1, email: "recipient@example.com"),
            paymentMethod: 1,
            orderID: "123")
    }

    /// The vendor's short example request.
    static func short() throws -> PosSale {
        PosSale(
            items: try PosSale.Item.items(json: #"[{"id": 1, "price": 100.00}]"#.utf8, assignedCodes: []),
            customer: PosSale.Customer(email: "customer@example.com"),
            delivery: PosSale.Delivery(method: 1, email: "recipient@example.com"),
            paymentMethod: 1,
            orderID: nil)
    }

    /// One item, everything else the shortest.
    static func of(_ items: PosSale.Item..., orderID: String? = nil) -> PosSale {
        PosSale(
            items: items, customer: PosSale.Customer(email: "c@example.com"), delivery: PosSale.Delivery(method: 1),
            paymentMethod: 1, orderID: orderID)
    }
}

/// A JSON text read by Foundation, which shares nothing with the parser and writer under test.
func independently(_ bytes: [UInt8]) throws -> NSDictionary {
    guard let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary else {
        throw NotAnObject()
    }
    return object
}

struct NotAnObject: Error {}
