/// A question whether a voucher exists: the body of `POST /redeem/check` (vendor page `redeem/check-redeem`). It redeems
/// nothing.
///
/// Its `description` keeps the code to itself.
package struct VoucherCheck: Sendable, Equatable, CustomStringConvertible {
    /// The voucher's code.
    package var code: String
    /// The company's number of the site.
    package var siteID: Int

    /// Memberwise.
    package init(code: String, siteID: Int) {
        self.code = code
        self.siteID = siteID
    }

    /// The site.
    package var description: String { "VoucherCheck(site \(siteID))" }

    /// `{"voucher_no": …, "site_id": …}`.
    package func body() -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("voucher_no", code)
            $0.member("site_id", siteID)
        }
        return json.bytes
    }
}
