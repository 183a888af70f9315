/// The two request bodies of the vendor's page `sales/create-order`.
enum VendorExamples {
    /// Two vouchers with chosen codes, a full customer, nulls in delivery.
    static let full = """
        {
            "items": [
                {"id": 1, "price": 100.00, "to": "Recipient #1", "from": "Sender",
                 "message": "Here is an example voucher for you to enjoy!", "code": "EXAMPLECODE1"},
                {"id": 1, "price": 100.00, "from": "Recipient #2", "to": "Sender",
                 "message": "Here is an example voucher for you to enjoy!", "code": "EXAMPLECODE2"}
            ],
            "customer": {
                "first_name": "John", "last_name": "Smith", "email": "customer@example.com",
                "address1": "Bank Chambers", "address2": "High Street", "postcode": "NP11 4EY",
                "town": "Newbridge", "county": "Newport"
            },
            "delivery": {
                "method": 1, "email": "recipient@example.com", "date": null, "town": null, "county": null,
                "address1": null, "address2": null, "postcode": null, "last_name": null, "first_name": null
            },
            "payment_method": 1,
            "order_id": "123"
        }
        """

    /// The short form; the page's own text has two trailing commas, which no JSON parser may accept.
    static let short = """
        {
            "items": [{"id": 1, "price": 100.00}],
            "customer": {"email": "customer@example.com"},
            "delivery": {"method": 1, "email": "recipient@example.com"},
            "payment_method": 1
        }
        """

    /// A sale of one voucher at 100.10, with parts of it exchanged.
    static func sale(
        items: String = #"[{"id": 1, "price": 100.10}]"#,
        customer: String = #"{"email": "customer@example.com"}"#,
        delivery: String = #"{"method": 1, "email": "recipient@example.com"}"#,
        payment: String = "1",
        more: String = ""
    ) -> String {
        """
        {"items": \(items), "customer": \(customer), "delivery": \(delivery), "payment_method": \(payment)\(more)}
        """
    }

    /// A sale with an order id.
    static func sale(orderID: String) -> String {
        sale(more: #", "order_id": "\#(orderID)""#)
    }
}
