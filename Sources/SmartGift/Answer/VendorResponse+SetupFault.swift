extension VendorResponse {
    /// A readable sentence if the status shows a fault in the configuration (address, key) and not in the order; else nil.
    ///
    /// - Parameter path: The path of the request without a leading slash: `pos-sale`.
    func setupFault(path: String) -> String? {
        switch status {
        case 300..<400:
            // Without its query, which may repeat what was sent.
            let target = location?.prefix { !"?#".contains($0) } ?? "nowhere"
            return "The vendor's address redirects (HTTP \(status)) to \(target): "
                + "set the API URL to the address that answers without a redirect."
        case 401, 403: return "The vendor refuses the API key (HTTP \(status)): check the shop's key."
        case 404, 405, 410: return "There is no \(path) at the vendor's address (HTTP \(status)): check the API URL."
        case 402, 406, 407, 411, 415, 421, 426:
            return "The vendor refuses the request as such (HTTP \(status)): check API URL and account."
        default: return nil
        }
    }
}
