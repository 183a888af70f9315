import SmartGift

/// Which vendor address and key a shop's orders go to.
struct VendorEndpoints: Sendable {
    /// The base URL for shops without their own.
    let apiURL: String
    let keys: APIKeys

    /// The endpoint of a shop, or what is wrong with its set-up.
    ///
    /// - Parameters:
    ///   - shop: The shop's name.
    ///   - apiURL: The shop's own base URL; nil: the worker's.
    func endpoint(shop: String, apiURL shopURL: String?) -> Result<VendorEndpoint, ConfigurationError> {
        do throws(ConfigurationError) {
            var url = apiURL
            if let shopURL { url = try APIURL(parsing: shopURL, variable: "api_url of shop \(shop)").text }
            return .success(VendorEndpoint(baseURL: url, key: try keys.key(shop: shop)))
        } catch {
            return .failure(error)
        }
    }
}
