import SmartGift

@testable import Giftbridge

extension ClaimedOrder {
    /// An order of two items as `giftbridge.claim` gives it; by default a first attempt with codes of the bridge's own.
    static func of(
        attempts: Int = 1, isVerification: Bool = false, codesRenewed: Bool = false,
        codes: [String?] = ["OWNA", "OWNB"],
        assigned: [String?] = ["OWNA", "OWNB"], customer: String = "buyer@example.com",
        delivery: String? = "ann@example.com"
    ) -> ClaimedOrder {
        let sale = PosSale(
            items: codes.enumerated().map { PosSale.Item(id: $0.offset + 1, code: $0.element) },
            customer: PosSale.Customer(email: customer), delivery: PosSale.Delivery(method: 1, email: delivery),
            paymentMethod: 1, orderID: "100045")
        return ClaimedOrder(
            submissionID: 11, orderID: 7, shop: "default", apiURL: nil, attempts: attempts,
            isVerification: isVerification,
            codesRenewed: codesRenewed, assignedCodes: assigned, claimedAt: .now, sale: .success(sale))
    }

    /// An order whose row cannot become a request.
    static func unreadable(isVerification: Bool = false) -> ClaimedOrder {
        ClaimedOrder(
            submissionID: 11, orderID: 7, shop: "default", apiURL: nil, attempts: 1, isVerification: isVerification,
            codesRenewed: false, assignedCodes: ["OWNA"], claimedAt: .now,
            sale: .failure(InvalidItems(problem: "items[0].id is wrong")))
    }
}

extension Settlement {
    /// What is expected of a settlement; everything that is not named has its default.
    static func expected(
        _ outcome: Outcome, _ status: OrderStatus, counts: Bool = true, dueIn: Duration? = nil,
        renewsCodes: Bool = false,
        httpStatus: Int? = nil, error: String? = nil, reference: String? = nil, voucherCodes: [String]? = nil,
        consequence: Consequence? = nil
    ) -> Settlement {
        Settlement(
            submissionID: 11, orderID: 7, shop: "default", outcome: outcome, status: status, counts: counts,
            dueIn: dueIn,
            renewsCodes: renewsCodes, httpStatus: httpStatus, error: error, journalError: error, response: nil,
            reference: reference, voucherCodes: voucherCodes, consequence: consequence)
    }
}
