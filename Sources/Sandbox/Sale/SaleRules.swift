import FoundationEssentials

/// The vendor's rules for `POST /pos-sale` (its page `sales/create-order`), all of them checked at once.
///
/// Pure: the taken codes and the current day are parameters.
struct SaleRules {
    let catalogue: Catalogue
    /// A delivery date has to be later than this to count.
    let today: CivilDate
    /// Whether a code, in the form that ``TakenNames`` compares, belongs to an earlier sale.
    let isCodeTaken: (String) -> Bool

    /// What a request comes to.
    enum Finding: Equatable {
        case valid(SaleDraft)
        case refused(ValidationErrors)
    }

    /// Checks a request's body, whatever JSON it is.
    func check(_ body: JSONValue) -> Finding {
        var reader = FieldReader()
        let items = items(of: body, &reader)
        let customer = reader.object(body, "customer")
        let customerContact = contact(
            customer, at: "customer", email: reader.email(customer, at: "customer.email", isRequired: true), &reader
        )
        let delivery = reader.object(body, "delivery")
        let (method, deliveryContact) = destination(delivery, &reader)
        let dateSent = reader.text(delivery, "date", at: "delivery.date")
        let paymentMethod = paymentMethod(of: body, &reader)
        let orderID = reader.text(body, "order_id", at: "order_id")
        guard reader.errors.isEmpty, let items, let method, let paymentMethod else {
            return .refused(reader.errors)
        }
        return .valid(
            SaleDraft(
                items: items,
                customer: customerContact,
                deliveryMethod: method,
                delivery: deliveryContact,
                dateSent: dateSent,
                deliversOn: dateSent.flatMap(CivilDate.init).flatMap { $0 > today ? $0.description : nil },
                paymentMethod: paymentMethod,
                orderID: orderID.flatMap { $0.isEmpty ? nil : $0 }
            )
        )
    }

    private func paymentMethod(of body: JSONValue, _ reader: inout FieldReader) -> Int? {
        let id = reader.integer(body, "payment_method", at: "payment_method", isRequired: true)
        guard let id else { return nil }
        if !catalogue.hasPaymentMethod(id) { reader.refuseAsInvalid("payment_method") }
        return id
    }

    private func destination(_ delivery: JSONValue?, _ reader: inout FieldReader) -> (method: Int?, Sale.Contact) {
        let id = reader.integer(delivery, "method", at: "delivery.method", isRequired: true)
        let method = id.flatMap(catalogue.deliveryMethod)
        if id != nil, method == nil { reader.refuseAsInvalid("delivery.method") }
        let email = reader.email(delivery, at: "delivery.email", isRequired: method?.isOnline == true)
        let needsAddress = method?.isOnline == false
        let contact = contact(delivery, at: "delivery", email: email, needsAddress: needsAddress, &reader)
        return (method?.id, contact)
    }

    private func contact(
        _ object: JSONValue?,
        at path: String,
        email: String?,
        needsAddress: Bool = false,
        _ reader: inout FieldReader
    ) -> Sale.Contact {
        func text(_ name: String, isRequired: Bool = false) -> String? {
            reader.text(object, name, at: "\(path).\(name)", isRequired: isRequired)
        }
        return Sale.Contact(
            email: email,
            firstName: text("first_name"),
            lastName: text("last_name"),
            address1: text("address1", isRequired: needsAddress),
            address2: text("address2"),
            postcode: text("postcode", isRequired: needsAddress),
            town: text("town"),
            county: text("county")
        )
    }
}

extension SaleRules {
    /// The items of a request; nil where `items` itself is wrong or one of them is.
    func items(of body: JSONValue, _ reader: inout FieldReader) -> [SaleDraft.Item]? {
        guard let elements = reader.array(body, "items") else { return nil }
        var codes: Set<String> = []
        let items = elements.enumerated().map { index, element in
            item(element, at: "items.\(index)", codes: &codes, &reader)
        }
        return items.contains(nil) ? nil : items.compactMap(\.self)
    }

    private func item(
        _ element: JSONValue,
        at path: String,
        codes: inout Set<String>,
        _ reader: inout FieldReader
    ) -> SaleDraft.Item? {
        if case .object = element {} else { reader.refuse(path, "must be an array") }
        let id = reader.integer(element, "id", at: "\(path).id", isRequired: true)
        let voucher = id.flatMap(catalogue.voucher).flatMap { $0.isSellable ? $0 : nil }
        if id != nil, voucher == nil { reader.refuseAsInvalid("\(path).id") }
        let sent = reader.decimal(element, "price", at: "\(path).price")
        let persons = reader.integer(element, "persons", at: "\(path).persons")
        let code = code(of: element, at: "\(path).code", codes: &codes, &reader)
        let to = reader.text(element, "to", at: "\(path).to")
        let from = reader.text(element, "from", at: "\(path).from")
        let message = reader.text(element, "message", at: "\(path).message")
        guard let voucher else { return nil }
        let price: ExactDecimal?
        switch voucher.kind {
        case .monetary(let minimum, let maximum, let increments):
            // A price of the wrong type has its error already; only an absent one is missing.
            if element["price"] == nil { reader.refuse("\(path).price", "is required") }
            if let sent {
                refusePrice(sent, at: "\(path).price", minimum, maximum, increments, &reader)
            }
            price = sent
        case .experience(let value, let range):
            let count = persons ?? 1
            let isUnread = persons == nil && element["persons"] != nil
            if !isUnread, !range.contains(count) {
                reader.refuse("\(path).persons", "must be between \(range.lowerBound) and \(range.upperBound)")
            }
            price = range.contains(count) ? value.multiplied(by: count) : nil
        }
        guard let price else { return nil }
        return SaleDraft.Item(
            id: voucher.id, price: price.text, priceSent: sent?.text, persons: persons ?? 1, code: code,
            to: to, from: from, message: message
        )
    }

    private func refusePrice(
        _ price: ExactDecimal,
        at path: String,
        _ minimum: ExactDecimal,
        _ maximum: ExactDecimal,
        _ increments: ExactDecimal,
        _ reader: inout FieldReader
    ) {
        if price < minimum {
            reader.refuse(path, "must be at least \(minimum.text)")
        } else if price > maximum {
            reader.refuse(path, "must not be greater than \(maximum.text)")
        } else if !price.isReached(from: minimum, by: increments) {
            reader.refuse(path, "must be \(minimum.text) plus a multiple of \(increments.text)")
        }
    }

    private func code(
        of element: JSONValue,
        at path: String,
        codes: inout Set<String>,
        _ reader: inout FieldReader
    ) -> String? {
        guard let code = reader.text(element, "code", at: path) else { return nil }
        guard !code.isEmpty, code.utf8.allSatisfy(Self.isAlphanumeric) else {
            reader.refuse(path, "must only contain letters and numbers")
            return nil
        }
        let name = TakenNames.compared(code)
        if !codes.insert(name).inserted || isCodeTaken(name) { reader.refuseAsTaken(path) }
        return code
    }

    /// The well-formed codes of a request, whatever else is wrong with it.
    static func codes(of body: JSONValue) -> [String] {
        guard case .array(let elements)? = body["items"] else { return [] }
        return elements.compactMap { $0["code"]?.text }.filter { !$0.isEmpty && $0.utf8.allSatisfy(isAlphanumeric) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

/// A sale request that fulfils every rule, before it has a reference and all its codes.
struct SaleDraft: Equatable, Sendable {
    struct Item: Equatable, Sendable {
        let id: Int
        let price: String
        let priceSent: String?
        let persons: Int
        /// The requested code; nil: the sandbox creates one.
        let code: String?
        let to: String?
        let from: String?
        let message: String?
    }

    var items: [Item]
    let customer: Sale.Contact
    let deliveryMethod: Int
    let delivery: Sale.Contact
    let dateSent: String?
    let deliversOn: String?
    let paymentMethod: Int
    let orderID: String?

    /// This draft without what follows its first item.
    var firstItemOnly: SaleDraft {
        var draft = self
        draft.items = Array(items.prefix(1))
        return draft
    }
}

/// The vendor's rules for `POST /redeem/check` (its page `redeem/check-redeem`).
struct RedeemRules {
    let catalogue: Catalogue

    enum Finding: Equatable {
        /// Both fields are right in themselves; whether the voucher exists is the ledger's to know.
        case number(String)
        case refused(ValidationErrors)
    }

    func check(_ body: JSONValue) -> Finding {
        var reader = FieldReader()
        let number = reader.text(body, "voucher_no", at: "voucher_no", isRequired: true)
        let site = reader.integer(body, "site_id", at: "site_id", isRequired: true)
        if let site, site != catalogue.site { reader.refuseAsInvalid("site_id") }
        guard let number, reader.errors.isEmpty else { return .refused(reader.errors) }
        return .number(number)
    }

    /// What a number that no sale has is answered with.
    static var unknownNumber: ValidationErrors {
        var reader = FieldReader()
        reader.refuseAsInvalid("voucher_no")
        return reader.errors
    }
}

/// A day of the calendar in UTC, as `2025-12-24`.
struct CivilDate: Equatable, Comparable, Sendable, CustomStringConvertible {
    let description: String

    private static let style = Date.ISO8601FormatStyle().year().month().day()

    /// Reads `2025-12-24`, alone or followed by `T` or a space and a time, which is not looked at; else nil.
    init?(_ text: String) {
        let rest = text.utf8.dropFirst(10).first
        // The library takes other forms too, which look different when they are written again.
        guard let day = String(text.utf8.prefix(10)), let date = try? Date(day, strategy: Self.style),
            date.formatted(Self.style) == day, rest == nil || rest == UInt8(ascii: "T") || rest == UInt8(ascii: " ")
        else { return nil }
        description = day
    }

    /// The day on which a moment lies.
    init(unixSeconds: Double) {
        description = Date(timeIntervalSince1970: unixSeconds).formatted(Self.style)
    }

    static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}
