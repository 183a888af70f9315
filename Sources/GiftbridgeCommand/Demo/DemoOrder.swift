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
