import LibPQ
import SmartGift

/// An order that this worker holds under a lease: one row of `giftbridge.claim`.
struct ClaimedOrder: Sendable {
    /// The journal row, committed before this value exists: the fence of the settle.
    let submissionID: Int
    let orderID: Int
    let shop: String
    /// Base URL of the shop's vendor; nil: the worker's.
    let apiURL: String?
    /// Submissions that count, this one included: 1 for the first.
    let attempts: Int
    /// The order is in doubt, and this is the same request again: it may have been sold already.
    let isVerification: Bool
    /// No (more) new codes, should one of the bridge's own be taken: they were made once already, or the vendor has
    /// answered a request with the present ones.
    let codesRenewed: Bool
    /// Codes of the bridge's own, one element per item, nil where the shop chose; empty: none.
    let assignedCodes: [String?]
    /// When the claim was asked for, by this process's clock: the lease began no earlier.
    let claimedAt: ContinuousClock.Instant
    /// The request, or why the row cannot become one.
    let sale: Result<PosSale, InvalidItems>

    /// The positions (from 0) of the items whose code is of the bridge's own making.
    var ownCodes: Set<Int> { Set(assignedCodes.indices.filter { assignedCodes[$0] != nil }) }
}

extension ClaimedOrder {
    /// Reads a row of `giftbridge.claim`.
    init(_ row: Row, claimedAt: ContinuousClock.Instant) throws {
        submissionID = try row.int("submission_id")
        orderID = try row.int("order_id")
        shop = try row.text("shop")
        apiURL = try row.optionalText("api_url")
        attempts = try row.int("attempts")
        isVerification = try row.bool("verifying")
        codesRenewed = try row.bool("codes_renewed")
        assignedCodes = try row.optionalTextArray("assigned_codes") ?? []
        self.claimedAt = claimedAt
        do {
            sale = .success(try PosSale(row, assignedCodes: assignedCodes))
        } catch let error as InvalidItems {
            sale = .failure(error)
        } catch let error as JSONError {
            sale = .failure(InvalidItems(problem: "items is \(error)"))
        }
    }
}

extension PosSale {
    /// Row to request: every column of `giftbridge.orders` that the vendor has a field for.
    init(_ row: Row, assignedCodes: [String?]) throws {
        // The shop's default can be taken away while orders rely on it: that is one order's fault, not the claim's.
        guard let paymentMethod = try row.optionalInt("payment_method") else {
            throw InvalidItems(problem: "payment_method is neither on the order nor on its shop any more")
        }
        self.init(
            items: try Item.items(json: Array(try row.text("items").utf8), assignedCodes: assignedCodes),
            customer: Customer(
                email: try row.text("customer_email"), address: try Address(row, prefix: "customer")),
            delivery: Delivery(
                method: try row.int("delivery_method"), email: try row.optionalText("delivery_email"),
                date: try row.optionalText("delivery_date"), address: try Address(row, prefix: "delivery")),
            paymentMethod: paymentMethod,
            orderID: try row.text("shop_order_id"))
    }
}

extension PosSale.Address {
    fileprivate init(_ row: Row, prefix: String) throws {
        self.init(
            firstName: try row.optionalText("\(prefix)_first_name"),
            lastName: try row.optionalText("\(prefix)_last_name"),
            address1: try row.optionalText("\(prefix)_address1"), address2: try row.optionalText("\(prefix)_address2"),
            postcode: try row.optionalText("\(prefix)_postcode"), town: try row.optionalText("\(prefix)_town"),
            county: try row.optionalText("\(prefix)_county"))
    }
}
