/// What an answer to `POST /redeem/check` proves about one code (vendor page `redeem/check-redeem`).
package enum LookupEvidence: Sendable, Equatable {
    /// A voucher with this code was sold.
    case exists
    /// No voucher has this code.
    case doesNotExist
    /// The site is not one of the company's: the shop's `site_id` is wrong, and nothing is known about the code.
    case siteRefused(reason: String)
    /// The rate limit is reached.
    case throttled(retryAfter: Duration?)
    /// The set-up (key, address) is wrong.
    case misconfigured(reason: String)
    /// The vendor's address cannot be reached, or (`isLocal`) this machine cannot open a connection.
    case unreachable(reason: String, isLocal: Bool)
    /// Nothing is known about the code.
    case unclear(reason: String)
}

extension LookupEvidence {
    /// Judges an answer. Pure.
    ///
    /// - Parameters:
    ///   - answer: What came back.
    ///   - code: The code that was asked about.
    package init(_ answer: VendorAnswer, code: String) {
        switch answer {
        case .noResponse(.notSent(.unreachable(let reason))): self = .unreachable(reason: reason, isLocal: false)
        case .noResponse(.notSent(.local(let reason))): self = .unreachable(reason: reason, isLocal: true)
        // Whether the question was sent does not matter: it changes nothing.
        case .noResponse(let other): self = .unclear(reason: other.reason)
        case .response(let response): self = .init(response, code)
        }
    }

    private init(_ response: VendorResponse, _ code: String) {
        if let fault = response.setupFault(path: "redeem/check") {
            self = .misconfigured(reason: fault)
            return
        }
        switch response.status {
        case 429: self = .throttled(retryAfter: response.retryAfter)
        case 200 where !response.isTruncated && Self.isVoucher(response.body, code): self = .exists
        case 422 where !response.isTruncated: self = .init(Refusal(status: 422, body: response.body))
        default: self = .unclear(reason: Self.sentence(response.status))
        }
    }

    private init(_ refusal: Refusal?) {
        let fields = refusal?.fields ?? []
        let only = fields.count == 1 ? fields.first : nil
        if fields.contains(where: { $0.path == "site_id" }) {
            self = .siteRefused(reason: "The vendor does not know the shop's site_id: set it to a site of the company.")
        } else if let only, only.path == "voucher_no", Self.deniesVoucher(only.message) {
            self = .doesNotExist
        } else {
            self = .unclear(reason: Self.sentence(422))
        }
    }

    private static func sentence(_ status: Int) -> String {
        "The vendor answered the look-up with HTTP \(status), which does not say whether the voucher exists."
    }

    /// Whether the body is a voucher below `data`, and no other than the one that was asked about.
    private static func isVoucher(_ body: [UInt8], _ code: String) -> Bool {
        guard let data = (try? JSONValue(parsing: body))?["data"] else { return false }  // Unreadable proves nothing.
        let voucher: JSONValue
        switch data {
        case .object(let members) where !members.isEmpty: voucher = data
        case .array(let elements) where elements.count == 1: voucher = elements[0]
        default: return false
        }
        guard case .object = voucher else { return false }
        let named = ["voucher_no", "voucher_code", "code"].lazy.compactMap { voucher[$0] }.first { !$0.isNull }
        guard let named else { return true }
        return (named.string ?? named.numberLiteral).map(SentCodes.comparable) == SentCodes.comparable(code)
    }

    /// Whether the words say that there is no such voucher, and nothing else: one that has expired or whose number has a
    /// wrong form was not looked for, or is there.
    private static func deniesVoucher(_ message: String) -> Bool {
        let message = message.lowercased().replacing("\u{2019}", with: "'")
        let denials = [
            "invalid", "not valid", "not exist", "n't exist", "not found", "no such", "no voucher", "unknown",
            "not recogni", "n't recogni",
        ]
        let others = [
            "could", "unable", "check", "verif", "whether", " or ", "temporar", "unavailable", "later", "fail",
            "timed out", "timeout", "format", "character", "letter", "digit", "a string", "required", "long", "short",
            "length", "expire", "redeemed", "used", "active", "cancel", "block", "site", "already", "date",
        ]
        return denials.contains(where: message.contains) && !others.contains(where: message.contains)
    }
}
