import LibPQ
import SmartGift

/// An order that this worker holds under a lease: one row of `giftbridge.claim`.
struct ClaimedOrder: Sendable {
    /// What its request is for, as in `giftbridge.submissions.kind`.
    enum Kind: String, Sendable {
        /// The first request, or a retry of an order that was certainly not sold.
        case sale
        /// The same request again, of an order in doubt: it may have been sold already.
        case verification
        /// Does the code of one item exist at the vendor?
        case lookup
    }

    /// The write-ahead entry's fence, committed before this value exists: without it nothing can be settled.
    let token: String
    let orderID: Int
    let kind: Kind
    /// Counted attempts, including this one: 1 for the first.
    let attempt: Int
    let lane: Lane
    /// The account that it is sent with, as recorded by the claim.
    let account: Account.Name
    /// Verifications and look-ups in a row that left the order in doubt.
    let verifications: Int
    /// The order is or was in doubt: a refusal does not prove that it was not sold.
    let wasInDoubt: Bool
    /// The vendor refused the order itself before, and may have kept its codes: a taken code is no proof.
    let wasRefused: Bool
    /// For a look-up: the item (from 0) whose code is looked up.
    let position: Int?
    /// The vendor's number of the shop's site; nil: unknown, and nothing can be looked up.
    let siteID: Int?
    /// Codes that Giftbridge assigned, one element per item, nil where it did not.
    let assignedCodes: [String?]
    /// When the claim was asked for, by this process's clock: the lease began no earlier.
    let claimedAt: ContinuousClock.Instant
    /// The request, or why the row cannot become one.
    let sale: Result<PosSale, InvalidItems>

    var shop: String { lane.shop }

    /// The positions (from 0) of the items whose code Giftbridge assigned.
    var assignedPositions: Set<Int> { Set(assignedCodes.indices.filter { assignedCodes[$0] != nil }) }

    /// The codes of the request; nil where there is no request.
    var sentCodes: SentCodes? {
        guard let sale = try? sale.get() else { return nil }  // The reason is settled elsewhere.
        return SentCodes(codes: sale.items.map(\.code), assigned: assignedPositions)
    }
}

extension ClaimedOrder {
    /// Reads a row of `giftbridge.claim`.
    init(_ row: Row, claimedAt: ContinuousClock.Instant) throws {
        token = try row.text(ClaimColumn.token)
        orderID = try row.int(ClaimColumn.orderID)
        kind = Kind(rawValue: try row.text(ClaimColumn.kind)) ?? .lookup
        attempt = try row.int(ClaimColumn.attempt)
        lane = Lane(shop: try row.text(ClaimColumn.shop), number: try row.int(ClaimColumn.lane))
        account = Account.Name(
            fingerprint: try row.text(ClaimColumn.account), host: try row.text(ClaimColumn.apiHost))
        verifications = try row.int(ClaimColumn.verifications)
        wasInDoubt = try row.bool(ClaimColumn.wasInDoubt)
        wasRefused = try row.bool(ClaimColumn.wasRefused)
        position = try row.optionalInt(ClaimColumn.position).map { $0 - 1 }
        siteID = try row.optionalInt(ClaimColumn.siteID)
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
        // The shop's default can be removed while orders rely on it. Then only these orders fail, not the whole claim.
        guard let paymentMethod = try row.optionalInt(column(.paymentMethod)) else {
            throw InvalidItems(problem: "payment_method is set neither on the order nor, any more, on its shop")
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

/// The rows of a claim, not yet read. The write-ahead entries are committed.
struct ClaimedRows: Sendable {
    private let rows: QueryResult
    /// The lane of each row.
    private let lanes: [Lane]
    private let claimedAt: ContinuousClock.Instant

    /// - Parameter claimedAt: When the claim was asked for, by this process's clock.
    /// - Throws: If the rows are not of `giftbridge.claim`.
    init(_ rows: QueryResult, claimedAt: ContinuousClock.Instant) throws {
        try ClaimColumn.check(rows)
        self.rows = rows
        self.claimedAt = claimedAt
        lanes = try rows.map { row in
            Lane(shop: try row.text(ClaimColumn.shop), number: try row.int(ClaimColumn.lane))
        }
        if !rows.isEmpty { CrashPoint.claimed.reached() }
    }

    /// How many orders.
    var count: Int { rows.count }

    /// How many orders of each lane.
    var countsByLane: [Lane: Int] { lanes.reduce(into: [:]) { counts, lane in counts[lane, default: 0] += 1 } }

    /// The orders with their lanes, in the order in which to send them.
    func orders() -> some Sequence<(lane: Lane, order: Result<ClaimedOrder, any Error>)> {
        zip(lanes, rows).lazy.map { lane, row in
            (lane, Result { try ClaimedOrder(row, claimedAt: claimedAt) })
        }
    }
}

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
