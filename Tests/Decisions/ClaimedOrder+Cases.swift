import SmartGift

@testable import Giftbridge

extension ClaimedOrder {
    /// An order of two items as `giftbridge.claim` gives it; by default a first attempt with assigned codes.
    static func of(
        attempt: Int = 1, kind: Kind = .sale, verifications: Int = 0, wasInDoubt: Bool = false,
        wasRefused: Bool = false,
        codes: [String?] = ["OWNA", "OWNB"], assigned: [String?] = ["OWNA", "OWNB"],
        customer: String = "buyer@example.com",
        delivery: String? = "ann@example.com"
    ) -> ClaimedOrder {
        let sale = PosSale(
            items: codes.enumerated().map { PosSale.Item(id: $0.offset + 1, code: $0.element) },
            customer: PosSale.Customer(email: customer), delivery: PosSale.Delivery(method: 1, email: delivery),
            paymentMethod: 1, orderID: "100045")
        return .of(attempt, kind, verifications, wasInDoubt, wasRefused, assigned, .success(sale))
    }

    /// An order whose row cannot become a request.
    static func unreadable() -> ClaimedOrder {
        .of(1, .sale, 0, false, false, ["OWNA"], .failure(InvalidItems(problem: "items[0].id is wrong")))
    }

    private static func of(
        _ attempt: Int, _ kind: Kind, _ verifications: Int, _ wasInDoubt: Bool, _ wasRefused: Bool,
        _ assigned: [String?],
        _ sale: Result<PosSale, InvalidItems>
    ) -> ClaimedOrder {
        ClaimedOrder(
            token: "t", orderID: 7, kind: kind, attempt: attempt, lane: Lane(shop: "default", number: 0),
            account: Account.Name(fingerprint: "0000000a", host: "vendor"), verifications: verifications,
            wasInDoubt: wasInDoubt, wasRefused: wasRefused, position: kind == .lookup ? 0 : nil, siteID: 7,
            assignedCodes: assigned, claimedAt: .now, sale: sale)
    }
}

extension Settlement {
    /// What is expected of a settlement; everything that is not named has its default.
    static func expected(
        _ outcome: Outcome, _ status: OrderStatus, counts: Bool = true, dueIn: Duration? = nil, httpStatus: Int? = nil,
        error: String? = nil, reference: String? = nil, voucherCodes: [String]? = nil, proof: Proof? = nil,
        effect: Effect? = nil
    ) -> Settlement {
        Settlement(
            token: "t", orderID: 7, lane: Lane(shop: "default", number: 0), outcome: outcome, status: status,
            counts: counts,
            dueIn: dueIn, httpStatus: httpStatus, error: error, journalError: error, reference: reference,
            voucherCodes: voucherCodes, proof: proof, effect: effect)
    }
}
