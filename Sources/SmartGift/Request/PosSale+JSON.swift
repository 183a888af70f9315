extension PosSale {
    /// The request's body: UTF-8 JSON with the vendor's field names, in the order of the vendor's example.
    ///
    /// The same sale gives the same bytes, always.
    public func body() -> [UInt8] {
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
