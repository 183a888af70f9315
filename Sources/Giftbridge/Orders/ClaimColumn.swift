import LibPQ

/// The columns of `giftbridge.claim`, in their order: accessed by position, because a name would have to be looked up for each value.
enum ClaimColumn: Int, ColumnReference {
    case token, orderID, kind, attempt, lane, account, apiHost, verifications, wasInDoubt, wasRefused, position, siteID
    case shop, shopOrderID, items, assignedCodes
    case paymentMethod, customerEmail, customerFirstName, customerLastName, customerAddress1, customerAddress2
    case customerPostcode, customerTown, customerCounty, deliveryMethod, deliveryEmail, deliveryDate
    case deliveryFirstName, deliveryLastName, deliveryAddress1, deliveryAddress2, deliveryPostcode, deliveryTown
    case deliveryCounty

    /// The names in `sql/functions/claim.sql`.
    private static let names = [
        "token", "order_id", "kind", "attempt", "lane", "account", "api_host", "verifications", "was_in_doubt",
        "was_refused", "position", "site_id", "shop", "shop_order_id", "items", "assigned_codes", "payment_method",
        "customer_email", "customer_first_name", "customer_last_name", "customer_address1", "customer_address2",
        "customer_postcode", "customer_town", "customer_county", "delivery_method", "delivery_email",
        "delivery_date", "delivery_first_name", "delivery_last_name", "delivery_address1",
        "delivery_address2", "delivery_postcode", "delivery_town", "delivery_county",
    ]

    /// The column's name.
    var columnName: String { Self.names[rawValue] }

    /// Its position in a result that was checked.
    func position(in result: QueryResult) -> Int? { rawValue }

    /// Checks that a result has these columns, in this order.
    ///
    /// - Throws: `ColumnError` for the first that is elsewhere.
    static func check(_ result: QueryResult) throws {
        for (position, name) in names.enumerated() where name.position(in: result) != position {
            throw ColumnError.noSuchColumn(name)
        }
    }
}
