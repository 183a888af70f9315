/// A voucher order as the vendor takes it: the body of `POST /pos-sale` (vendor page `sales/create-order`).
///
/// Every optional field that is nil is left out of the request.
package struct PosSale: Sendable, Equatable {
    /// One voucher to buy.
    package struct Item: Sendable, Equatable {
        /// A voucher type from `GET /vouchers`.
        package var id: Int
        /// Required by the vendor for a monetary voucher; for an experience the vendor computes it.
        package var price: DecimalLiteral?
        /// Printed on the voucher: the recipient.
        package var to: String?
        /// Printed on the voucher: the sender.
        package var from: String?
        /// Printed on the voucher: the sender's text.
        package var message: String?
        /// The code that the voucher shall have: alphanumeric and unique at the vendor.
        package var code: String?
        /// How many persons an experience is for; the vendor's default is 1.
        package var persons: Int?

        /// Memberwise; only `id` is required.
        package init(
            id: Int, price: DecimalLiteral? = nil, to: String? = nil, from: String? = nil, message: String? = nil,
            code: String? = nil, persons: Int? = nil
        ) {
            self.id = id
            self.price = price
            self.to = to
            self.from = from
            self.message = message
            self.code = code
            self.persons = persons
        }
    }

    /// A name and a postal address, as in the vendor's `customer` and `delivery`.
    package struct Address: Sendable, Equatable {
        /// `first_name`.
        package var firstName: String?
        /// `last_name`.
        package var lastName: String?
        /// Required by the vendor where the delivery method is an offline one.
        package var address1: String?
        /// `address2`.
        package var address2: String?
        /// Required by the vendor where the delivery method is an offline one.
        package var postcode: String?
        /// `town`.
        package var town: String?
        /// `county`.
        package var county: String?

        /// Memberwise; nothing is required.
        package init(
            firstName: String? = nil, lastName: String? = nil, address1: String? = nil, address2: String? = nil,
            postcode: String? = nil, town: String? = nil, county: String? = nil
        ) {
            self.firstName = firstName
            self.lastName = lastName
            self.address1 = address1
            self.address2 = address2
            self.postcode = postcode
            self.town = town
            self.county = county
        }
    }

    /// Who buys.
    package struct Customer: Sendable, Equatable {
        /// Required by the vendor.
        package var email: String
        /// Name and address; all of it optional.
        package var address: Address

        /// Memberwise; only `email` is required.
        package init(email: String, address: Address = Address()) {
            self.email = email
            self.address = address
        }
    }

    /// How the vouchers reach their recipient.
    package struct Delivery: Sendable, Equatable {
        /// A delivery method of the company: online ones need `email`, offline ones `address1` and `postcode`.
        package var method: Int
        /// Required by the vendor where the delivery method is an online one.
        package var email: String?
        /// `YYYY-MM-DD`. The vendor sends today, a past or an invalid date at once, silently.
        package var date: String?
        /// The recipient's name and address.
        package var address: Address

        /// Memberwise; only `method` is required.
        package init(method: Int, email: String? = nil, date: String? = nil, address: Address = Address()) {
            self.method = method
            self.email = email
            self.date = date
            self.address = address
        }
    }

    /// One or more.
    package var items: [Item]
    /// Who buys.
    package var customer: Customer
    /// How the vouchers reach their recipient.
    package var delivery: Delivery
    /// An id from `GET /payment-methods`.
    package var paymentMethod: Int
    /// Our reference. The vendor renames a duplicate instead of refusing it, so it protects nothing.
    package var orderID: String?

    /// Memberwise.
    package init(items: [Item], customer: Customer, delivery: Delivery, paymentMethod: Int, orderID: String?) {
        self.items = items
        self.customer = customer
        self.delivery = delivery
        self.paymentMethod = paymentMethod
        self.orderID = orderID
    }
}

/// A decimal number as it was written, for example `100.10`: never a binary float, and no zero added or lost.
package struct DecimalLiteral: Sendable, Hashable, CustomStringConvertible {
    /// Digits, and at most one point with digits on both sides: what JSON allows for a positive decimal.
    package let text: String

    /// Takes a literal of digits with an optional fraction.
    ///
    /// - Parameter text: For example `64.35`; nil is returned for anything else (a sign, an exponent, a leading zero, spaces).
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ part in
                !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }),
            let whole = parts.first, whole.count == 1 || whole.first != UInt8(ascii: "0")
        else { return nil }
        self.text = text
    }

    /// The literal.
    package var description: String { text }
}

extension PosSale {
    /// The request's body: UTF-8 JSON with the vendor's field names, in the order of the vendor's example.
    ///
    /// The same sale gives the same bytes, always.
    package func body() -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.array("items", items) { $0.members(of: $1) }
            json.object("customer") {
                $0.member("email", customer.email)
                $0.members(of: customer.address)
            }
            json.object("delivery") {
                $0.member("method", delivery.method)
                $0.member("email", delivery.email)
                $0.member("date", delivery.date)
                $0.members(of: delivery.address)
            }
            json.member("payment_method", paymentMethod)
            json.member("order_id", orderID)
        }
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func members(of item: PosSale.Item) {
        member("id", item.id)
        member("price", item.price)
        member("to", item.to)
        member("from", item.from)
        member("message", item.message)
        member("code", item.code)
        member("persons", item.persons)
    }

    fileprivate mutating func members(of address: PosSale.Address) {
        member("first_name", address.firstName)
        member("last_name", address.lastName)
        member("address1", address.address1)
        member("address2", address.address2)
        member("postcode", address.postcode)
        member("town", address.town)
        member("county", address.county)
    }
}

extension PosSale.Item {
    /// Reads the items of an order's `items` column.
    ///
    /// - Parameters:
    ///   - json: A JSON array of objects with the vendor's field names; prices keep their literal.
    ///   - assignedCodes: Codes assigned by Giftbridge, one element per item, nil for items with their own code; or empty.
    /// - Throws: ``InvalidItems`` if the JSON is not of that form, or the two do not fit together.
    package static func items(json: some Collection<UInt8>, assignedCodes: [String?]) throws -> [PosSale.Item] {
        guard let elements = try JSONValue(parsing: json).array, !elements.isEmpty else {
            throw InvalidItems(problem: "items is not an array with elements")
        }
        guard assignedCodes.isEmpty || assignedCodes.count == elements.count else {
            throw InvalidItems(problem: "\(elements.count) items have \(assignedCodes.count) assigned codes")
        }
        return try elements.enumerated().map { position, element in
            var item = try PosSale.Item(element, position: position)
            if !assignedCodes.isEmpty, let assigned = assignedCodes[position] {
                // If a shop's code were taken for an assigned one, it could prove sales that never happened.
                guard item.code == nil else {
                    throw InvalidItems(problem: "items[\(position)] has a code and an assigned one")
                }
                item.code = assigned
            }
            return item
        }
    }

    private init(_ json: JSONValue, position: Int) throws {
        func invalid(_ field: String) -> InvalidItems {
            InvalidItems(problem: "items[\(position)].\(field) is not of the vendor's type")
        }
        func text(_ field: String) throws -> String? {
            guard let value = json[field], !value.isNull else { return nil }
            guard let text = value.string else { throw invalid(field) }
            return text
        }
        func integer(_ field: String) throws -> Int? {
            guard let value = json[field], !value.isNull else { return nil }
            guard let integer = value.int else { throw invalid(field) }
            return integer
        }
        func decimal(_ field: String) throws -> DecimalLiteral? {
            guard let value = json[field], !value.isNull else { return nil }
            guard let decimal = value.numberLiteral.flatMap(DecimalLiteral.init) else { throw invalid(field) }
            return decimal
        }
        guard let id = try integer("id") else { throw invalid("id") }
        self.init(
            id: id, price: try decimal("price"), to: try text("to"), from: try text("from"),
            message: try text("message"), code: try text("code"), persons: try integer("persons"))
    }
}

/// An order's items that cannot become a request. Says where, never the value.
package struct InvalidItems: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    package let problem: String

    /// Memberwise.
    package init(problem: String) {
        self.problem = problem
    }

    /// Where and what, without the value.
    package var description: String { problem }
}
