/// What an answer to `POST /pos-sale` proves about the sale (docs/guarantees.md, "What an answer proves"). Whatever is not certain is ``unclear(reason:)``.
package enum Evidence: Sendable, Equatable {
    /// Sold. The receipt's codes are in the order of the items, whatever their order in the answer.
    case sold(Receipt, CodeMatch)
    /// A refusal in which every code that Giftbridge assigned is clearly taken: an earlier copy of this order was sold.
    case allTaken(Refusal)
    /// A refusal about codes that proves nothing: only some assigned codes are taken, or its words do not clearly say so.
    ///
    /// - Parameters:
    ///   - positions: The assigned positions (from 0) that are clearly taken.
    ///   - sentence: A readable sentence without codes and without the vendor's words.
    case partlyTaken(positions: Set<Int>, sentence: String)
    /// Not sold by this request: the vendor says that the order is invalid.
    case refused(Refusal)
    /// Not sold: the rate limit is checked before the sale.
    case throttled(retryAfter: Duration?)
    /// Not sold: the set-up (key, address) is wrong, not the order.
    case misconfigured(reason: String)
    /// Not sent: the vendor's address cannot be reached, or (`isLocal`) this machine cannot open a connection.
    case unreachable(reason: String, isLocal: Bool)
    /// Not sent for another reason: cancelled, or the deadline passed before the request was written.
    case notSent(reason: String)
    /// Nothing is certain: the sale may have happened.
    case unclear(reason: String)
}

extension Evidence {
    /// Judges an answer. Pure.
    ///
    /// - Parameters:
    ///   - answer: What came back.
    ///   - sent: The codes of the request.
    ///   - takenWords: Words, in lower case, by which a refused code is understood to be taken.
    package init(_ answer: VendorAnswer, sent: SentCodes, takenWords: [String] = Refusal.wordsForTaken) {
        switch answer {
        case .noResponse(.lost(let reason)): self = .unclear(reason: reason)
        case .noResponse(.notSent(.unreachable(let reason))): self = .unreachable(reason: reason, isLocal: false)
        case .noResponse(.notSent(.local(let reason))): self = .unreachable(reason: reason, isLocal: true)
        case .noResponse(.notSent(.ended(let reason))): self = .notSent(reason: reason)
        case .response(let response): self = .init(response, sent, takenWords)
        }
    }

    private init(_ response: VendorResponse, _ sent: SentCodes, _ takenWords: [String]) {
        let nothing = Evidence.unclear(
            reason: "The vendor answered HTTP \(response.status), which does not say whether the order was sold.")
        if let fault = response.setupFault(path: "pos-sale") {
            self = .misconfigured(reason: fault)
            return
        }
        switch response.status {
        case 200..<300: self = .init(successful: response, sent)
        case 429: self = .throttled(retryAfter: response.retryAfter)
        case 400..<452:
            guard !response.isTruncated, let refusal = Refusal(status: response.status, body: response.body) else {
                self = .unclear(reason: "The vendor refused the order (HTTP \(response.status)) in a damaged answer.")
                return
            }
            let codes = RefusedCodes(refusal, sent, takenWords)
            // A time-out, a conflict or "too early" refuses nothing, unless it names codes that are taken.
            let isRefusal = ![408, 409, 425].contains(response.status)
            if codes.areAllTaken {
                self = .allTaken(refusal)
            } else if !codes.taken.isEmpty || codes.areUnclear && isRefusal {
                self = .partlyTaken(positions: codes.taken, sentence: codes.sentence)
            } else {
                self = isRefusal ? .refused(refusal) : nothing
            }
        default: self = nothing
        }
    }

    private init(successful response: VendorResponse, _ sent: SentCodes) {
        let items = sent.codes.count
        if !response.isTruncated, let receipt = Receipt(body: response.body, items: items),
            let (codes, match) = sent.matched(with: receipt.voucherCodes)
        {
            self = .sold(Receipt(orderReference: receipt.orderReference, voucherCodes: codes), match)
        } else {
            self = .unclear(
                reason: "The vendor answered HTTP \(response.status) without a readable reference and "
                    + (items == 1 ? "one code." : "\(items) different codes."))
        }
    }
}
