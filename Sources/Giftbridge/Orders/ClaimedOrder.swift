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
        submissionID = try row.int(ClaimColumn.submissionID)
        orderID = try row.int(ClaimColumn.orderID)
        shop = try row.text(ClaimColumn.shop)
        apiURL = try row.optionalText(ClaimColumn.apiURL)
        attempts = try row.int(ClaimColumn.attempts)
        isVerification = try row.bool(ClaimColumn.verifying)
        codesRenewed = try row.bool(ClaimColumn.codesRenewed)
        assignedCodes = try row.optionalTextArray(ClaimColumn.assignedCodes) ?? []
        self.claimedAt = claimedAt
        do {
            sale = .success(try PosSale(row, assignedCodes: assignedCodes) { $0 })
        } catch let error as InvalidItems {
            sale = .failure(error)
        } catch let error as JSONError {
            sale = .failure(InvalidItems(problem: "items is \(error)"))
        }
    }
}

extension PosSale {
    /// Row to request: every column of `giftbridge.orders` that the vendor has a field for.
    ///
    /// - Parameters:
    ///   - row: One that has these columns.
    ///   - assignedCodes: As in ``ClaimedOrder/assignedCodes``.
    ///   - column: How the row's columns are found.
    init<Column: ColumnReference>(
        _ row: Row, assignedCodes: [String?], column: (ClaimColumn) -> Column
    ) throws {
        // The shop's default can be taken away while orders rely on it: that is one order's fault, not the claim's.
        guard let paymentMethod = try row.optionalInt(column(.paymentMethod)) else {
            throw InvalidItems(problem: "payment_method is neither on the order nor on its shop any more")
        }
        self.init(
            items: try Item.items(json: Array(try row.text(column(.items)).utf8), assignedCodes: assignedCodes),
            customer: Customer(
                email: try row.text(column(.customerEmail)),
                address: Address(
                    firstName: try row.optionalText(column(.customerFirstName)),
                    lastName: try row.optionalText(column(.customerLastName)),
                    address1: try row.optionalText(column(.customerAddress1)),
                    address2: try row.optionalText(column(.customerAddress2)),
                    postcode: try row.optionalText(column(.customerPostcode)),
                    town: try row.optionalText(column(.customerTown)),
                    county: try row.optionalText(column(.customerCounty)))),
            delivery: Delivery(
                method: try row.int(column(.deliveryMethod)),
                email: try row.optionalText(column(.deliveryEmail)),
                date: try row.optionalText(column(.deliveryDate)),
                address: Address(
                    firstName: try row.optionalText(column(.deliveryFirstName)),
                    lastName: try row.optionalText(column(.deliveryLastName)),
                    address1: try row.optionalText(column(.deliveryAddress1)),
                    address2: try row.optionalText(column(.deliveryAddress2)),
                    postcode: try row.optionalText(column(.deliveryPostcode)),
                    town: try row.optionalText(column(.deliveryTown)),
                    county: try row.optionalText(column(.deliveryCounty)))),
            paymentMethod: paymentMethod,
            orderID: try row.text(column(.shopOrderID)))
    }
}
