/// The vendor's rules for `POST /redeem/check` (its page `redeem/check-redeem`).
struct RedeemRules {
    let catalogue: Catalogue

    enum Finding: Equatable {
        /// Both fields are right in themselves; whether the voucher exists is the ledger's to know.
        case number(String)
        case refused(ValidationErrors)
    }

    func check(_ body: JSONValue) -> Finding {
        var reader = FieldReader()
        let number = reader.text(body, "voucher_no", at: "voucher_no", isRequired: true)
        let site = reader.integer(body, "site_id", at: "site_id", isRequired: true)
        if let site, site != catalogue.site { reader.refuseAsInvalid("site_id") }
        guard let number, reader.errors.isEmpty else { return .refused(reader.errors) }
        return .number(number)
    }

    /// What a number that no sale has is answered with.
    static var unknownNumber: ValidationErrors {
        var reader = FieldReader()
        reader.refuseAsInvalid("voucher_no")
        return reader.errors
    }
}
