/// What an answer proves about the sale. Unsure means ``inDoubt``.
public enum Verdict: Sendable, Equatable {
    /// Sold; this is the receipt.
    case sold(Receipt)
    /// Certainly not sold: the vendor says that the order is invalid.
    case refused(Refusal)
    /// Certainly not sold: over the rate limit, answered before the sale was looked at.
    case throttled(retryAfter: Duration?)
    /// Certainly not sold: the set-up is wrong (key, URL), not the order.
    case misconfigured(reason: String)
    /// Certainly not sold: no complete request left.
    case notSent(reason: String)
    /// Nothing is certain: the sale may have happened.
    case inDoubt(reason: String)

    /// Judges an answer (contract, "What happens to a request").
    ///
    /// - Parameters:
    ///   - answer: What came.
    ///   - items: How many items the order has.
    public init(_ answer: VendorAnswer, items: Int) {
        switch answer {
        case .noResponse(.lost(let reason)): self = .inDoubt(reason: reason)
        case .noResponse(.notSent(let notSent)): self = .notSent(reason: notSent.reason)
        case .response(let response): self.init(response, items: items)
        }
    }

    private init(_ response: VendorResponse, items: Int) {
        let status = response.status
        switch status {
        case 200..<300:
            if !response.isTruncated, let receipt = Receipt(body: response.body, items: items) {
                self = .sold(receipt)
            } else {
                self = .inDoubt(
                    reason: "The vendor answered HTTP \(status) without a readable reference and \(items) codes.")
            }
        case 300..<400:
            // Without its query, which may repeat what was sent.
            let target = response.location?.prefix { !"?#".contains($0) } ?? "nowhere"
            self = .misconfigured(
                reason: "The vendor's address redirects (HTTP \(status)) to \(target): "
                    + "set the API URL to the address that answers itself.")
        case 401, 403:
            self = .misconfigured(reason: "The vendor refuses the API key (HTTP \(status)): check the shop's key.")
        case 404, 405, 410:
            self = .misconfigured(
                reason: "There is no pos-sale at the vendor's address (HTTP \(status)): check the API URL.")
        case 402, 406, 407, 411, 415, 421, 426:
            self = .misconfigured(
                reason: "The vendor refuses the request as such (HTTP \(status)): check API URL and account.")
        case 429:
            self = .throttled(retryAfter: response.retryAfter)
        // A time-out, an early or conflicting request and a client that closed say nothing about the sale.
        case 408, 409, 425:
            self = .inDoubt(reason: "The vendor answered HTTP \(status), which says nothing about the sale.")
        case 400..<452:
            self = .refused(Refusal(status: status, body: response.body))
        default:
            self = .inDoubt(reason: "The vendor answered HTTP \(status), which says nothing about the sale.")
        }
    }
}
