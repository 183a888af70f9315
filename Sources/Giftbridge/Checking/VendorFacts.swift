import SmartGift

/// A shop's settings for the vendor, as returned by `shops` of `sql/queries/check.sql`.
struct ShopFacts: Sendable, Equatable {
    var name = "default"
    var apiURL: String?
    var isPaused = false
    /// It has no `db_role`, but other shops have.
    var isClosed = false
    var pauseReason: String?
    var assignsCodes = true
    var rateGroup = "default"
    var rateLimit: Int? = 60
    var rateWindowSeconds = 60.0
    var paymentMethods: [Int] = []
    var unknownDeliveryMethods: [Int] = []

    /// The findings about its settings. Pure.
    var findings: [Finding] {
        var findings: [Finding] = []
        if isPaused {
            findings.append(
                .warning(
                    .shops, "Shop \(name) is paused\(pauseReason.map { ": \($0)" } ?? ".")",
                    "Fix the cause, then run: giftbridge resume \(OrderOutlook.shellQuoted(name))"))
        }
        if isClosed {
            findings.append(
                .warning(
                    .shops, "Shop \(name) has no db_role, but other shops have, so no shop's role may use it.",
                    "Set giftbridge.shops.db_role to the role of the shop, if it is in use."))
        }
        if !assignsCodes {
            findings.append(
                .warning(
                    .shops,
                    "Shop \(name) has assign_codes off. Giftbridge cannot verify orders to which it assigned no codes: if their answer is lost, they need a decision.",
                    "Set giftbridge.shops.assign_codes to true for this shop."))
        }
        if !unknownDeliveryMethods.isEmpty {
            let list = unknownDeliveryMethods.map(String.init).joined(separator: ", ")
            findings.append(
                .warning(
                    .deliveryMethods,
                    "Orders of shop \(name) use delivery method \(list), which is in neither online_methods nor "
                        + "offline_methods, so their address is not checked. The vendor has no list of its delivery methods.",
                    "Look the method up in Smart Gift's back office, and add it to online_methods or offline_methods of the shop."
                ))
        }
        return findings
    }

    /// The findings about the vendor's answer to `GET /payment-methods`. Pure.
    ///
    /// - Parameters:
    ///   - endpoint: Where the request was sent.
    ///   - now: This machine's clock when the answer came, in Unix seconds.
    func findings(_ answer: VendorResponse, from endpoint: VendorEndpoint, now: Double) -> [Finding] {
        let variable = APIKeys.variable(shop: name)
        switch answer.status {
        case 200..<300: break
        case 401, 403:
            return [
                .fault(
                    .key, "The vendor refuses the key of shop \(name) (HTTP \(answer.status)).",
                    "Set GIFTBRIDGE_API_KEY (or \(variable)) to the key from Smart Gift's back office, and check that it belongs to "
                        + "the environment \(endpoint).")
            ]
        case 300..<400:
            return [
                .fault(
                    .vendor, "\(endpoint) redirects to \(answer.location ?? "an unknown address").",
                    "Set GIFTBRIDGE_API_URL to the address that answers without a redirect.")
            ]
        case 429: return [notChecked]
        case 500...:
            return [
                .unreachable(
                    .vendor, "\(endpoint) answers HTTP \(answer.status).",
                    "Try again later. Orders wait until the vendor answers.")
            ]
        default:
            return [
                .fault(
                    .vendor, "\(endpoint) has no list of payment methods (HTTP \(answer.status)).",
                    "Set GIFTBRIDGE_API_URL to the vendor's base URL.")
            ]
        }
        return [.ok(.key, "The vendor accepts the key of shop \(name).")] + payment(answer.listedIDs)
            + limit(answer.rateLimit)
            + clock(answer.date, now)
    }

    /// Nothing was asked with the shop's key, because no request may be sent now.
    var notChecked: Finding {
        .warning(
            .allowance, "The rate limit is used up for the moment, so the key of shop \(name) was not checked.",
            "Try again in a minute.")
    }

    private func payment(_ ids: [Int]?) -> [Finding] {
        guard let ids else {
            return [
                .warning(
                    .paymentMethods, "The vendor's list of payment methods cannot be read.",
                    "Compare the payment methods of shop \(name) (\(Self.list(paymentMethods))) with Smart Gift's back office."
                )
            ]
        }
        guard !paymentMethods.isEmpty else {
            return [
                .warning(
                    .paymentMethods, "Shop \(name) has no payment_method, so every order must have one.",
                    "Set giftbridge.shops.payment_method to one that the vendor has: \(Self.list(ids))."
                )
            ]
        }
        let missing = paymentMethods.filter { !ids.contains($0) }
        guard missing.isEmpty else {
            return [
                .fault(
                    .paymentMethods,
                    "The vendor has no payment method \(Self.list(missing)), which shop \(name) or its orders use.",
                    "The vendor has \(Self.list(ids)). Change giftbridge.shops.payment_method, or what the shop inserts."
                )
            ]
        }
        return [
            .ok(
                .paymentMethods,
                "Payment \(paymentMethods.count == 1 ? "method" : "methods") \(Self.list(paymentMethods)) of shop \(name) \(paymentMethods.count == 1 ? "exists" : "exist") at Smart Gift."
            )
        ]
    }

    private func limit(_ vendors: Int?) -> [Finding] {
        guard let vendors, let rateLimit else { return [] }
        guard vendors >= rateLimit else {
            return [
                .warning(
                    .allowance,
                    "The vendor allows \(vendors) requests, but rate_limit of shop \(name) is \(rateLimit).",
                    "Set giftbridge.shops.rate_limit to \(vendors) for this shop.")
            ]
        }
        return [
            .ok(
                .allowance,
                "The limit of \(rateGroup) is \(rateLimit) requests in \(BriefDuration(seconds: rateWindowSeconds)); the vendor allows \(vendors)."
            )
        ]
    }

    private func clock(_ date: Double?, _ now: Double) -> [Finding] {
        // The vendor's Date header has whole seconds.
        guard let date, abs(date - now) > 30 else { return [] }
        return [
            .warning(
                .clock,
                "The vendor's clock is \(BriefDuration(seconds: date - now)) \(date > now ? "ahead of" : "behind") this machine's.",
                "Synchronise this machine's clock with NTP. Giftbridge uses the vendor's own Date.")
        ]
    }

    private static func list(_ ids: [Int]) -> String { ids.map(String.init).joined(separator: ", ") }
}
