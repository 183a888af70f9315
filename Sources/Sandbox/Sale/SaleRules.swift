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
