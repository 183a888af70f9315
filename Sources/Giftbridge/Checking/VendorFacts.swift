import SmartGift

/// What a shop asks of the vendor, as `shops` of `sql/queries/check.sql` tells it.
struct ShopFacts: Sendable, Equatable {
    var name = "default"
    var apiURL: String?
    var isPaused = false
    var pauseReason: String?
    var assignsCodes = true
    var rateGroup = "default"
    var rateLimit: Int? = 60
    var rateWindowSeconds = 60.0
    var allowanceLeft: Int? = 60
    var paymentMethods: [Int] = []
    var unknownDeliveryMethods: [Int] = []

    /// What of its settings is as it should be, and what not. Pure.
    var findings: [Finding] {
        var findings: [Finding] = []
        if isPaused {
            findings.append(
                .warning(
                    .shops, "Shop \(name) is paused\(pauseReason.map { ": \($0)" } ?? ".")",
                    "Mend the reason, then: giftbridge resume \(OrderOutlook.shellQuoted(name))"))
        }
        if !assignsCodes {
            findings.append(
                .warning(
                    .shops,
                    "Shop \(name) has assign_codes off: where its orders have no code of the bridge's own, a lost answer needs a person.",
                    "Set giftbridge.shops.assign_codes to true for it."))
        }
        if !unknownDeliveryMethods.isEmpty {
            let list = unknownDeliveryMethods.map(String.init).joined(separator: ", ")
            findings.append(
                .warning(
                    .deliveryMethods,
                    "Orders of shop \(name) use delivery method \(list), which it calls neither online nor offline: nothing "
                        + "checks their address, and the vendor does not list its methods.",
                    "Look it up in Smart Gift's back office, and set online_methods or offline_methods of the shop."))
        }
        if allowanceLeft == 0 {
            findings.append(
                .warning(
                    .allowance, "Nothing is left of \(rateGroup)'s allowance for the moment.",
                    "Nothing: it comes back by itself."))
        }
        return findings
    }

    /// What the vendor's answer to `GET /payment-methods` says. Pure.
    ///
    /// - Parameters:
    ///   - endpoint: Where it was asked.
    ///   - now: This machine's clock when the answer came, in Unix seconds.
    func findings(_ answer: VendorResponse, from endpoint: VendorEndpoint, now: Double) -> [Finding] {
        let variable = APIKeys.variable(shop: name)
        switch answer.status {
        case 200..<300: break
        case 401, 403:
            return [
                .fault(
                    .key, "The vendor refuses the key of shop \(name) (HTTP \(answer.status)).",
                    "Give the right one as GIFTBRIDGE_API_KEY (or \(variable)): Smart Gift's back office has it. Is \(endpoint) the "
                        + "environment that it belongs to?")
            ]
        case 300..<400:
            return [
                .fault(
                    .vendor, "\(endpoint) redirects to \(answer.location ?? "nowhere").",
                    "Set GIFTBRIDGE_API_URL to the address that answers itself.")
            ]
        case 429:
            return [
                .warning(
                    .allowance,
                    "The vendor's rate limit is used up for the moment, so the key of shop \(name) could not be tried.",
                    "Try again in a minute.")
            ]
        case 500...:
            return [
                .unreachable(
                    .vendor, "\(endpoint) answers HTTP \(answer.status).", "Try again later; orders wait meanwhile.")
            ]
        default:
            return [
                .fault(
                    .vendor, "\(endpoint) has no payment methods (HTTP \(answer.status)).",
                    "Set GIFTBRIDGE_API_URL to the vendor's base URL.")
            ]
        }
        return [.ok(.key, "The vendor accepts the key of shop \(name).")] + payment(answer.listedIDs)
            + limit(answer.rateLimit)
            + clock(answer.date, now)
    }

    private func payment(_ ids: [Int]?) -> [Finding] {
        guard let ids else {
            return [
                .warning(
                    .paymentMethods, "The vendor's list of payment methods cannot be read.",
                    "Compare shop \(name)'s (\(Self.list(paymentMethods))) with Smart Gift's back office.")
            ]
        }
        guard !paymentMethods.isEmpty else {
            return [
                .warning(
                    .paymentMethods, "Shop \(name) has no payment_method: every order needs its own.",
                    "The vendor has \(Self.list(ids)): set giftbridge.shops.payment_method to one of them."
                )
            ]
        }
        let missing = paymentMethods.filter { !ids.contains($0) }
        guard missing.isEmpty else {
            return [
                .fault(
                    .paymentMethods,
                    "The vendor has no payment method \(Self.list(missing)), which shop \(name) or its orders use.",
                    "It has \(Self.list(ids)): change giftbridge.shops.payment_method, or the shop's inserts.")
            ]
        }
        return [.ok(.paymentMethods, "The vendor has those of shop \(name): \(Self.list(paymentMethods)).")]
    }

    private func limit(_ vendors: Int?) -> [Finding] {
        guard let vendors, let rateLimit else { return [] }
        guard vendors >= rateLimit else {
            return [
                .warning(
                    .allowance, "The vendor allows \(vendors) requests, shop \(name)'s rate_limit is \(rateLimit).",
                    "Set giftbridge.shops.rate_limit to \(vendors) for it.")
            ]
        }
        return [
            .ok(
                .allowance,
                "\(rateLimit) requests in \(BriefDuration(seconds: rateWindowSeconds)) for \(rateGroup); the vendor says \(vendors)."
            )
        ]
    }

    private func clock(_ date: Double?, _ now: Double) -> [Finding] {
        // The vendor's is told to the second.
        guard let date, abs(date - now) > 30 else { return [] }
        return [
            .warning(
                .clock,
                "The vendor's clock is \(BriefDuration(seconds: date - now)) \(date > now ? "ahead of" : "behind") this machine's.",
                "Let this machine keep time by NTP. The bridge goes by the vendor's own Date.")
        ]
    }

    private static func list(_ ids: [Int]) -> String { ids.map(String.init).joined(separator: ", ") }
}
