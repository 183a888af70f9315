import SmartGift
import Synchronization

/// Which vendor address and key a shop's orders go to.
///
/// What was found is used for a second: thousands of orders need not read a key's file each, and a key that was changed is
/// soon known without a restart.
final class VendorEndpoints: Sendable {
    private struct Shop: Hashable {
        let name: String
        let apiURL: String?
    }

    private struct Found {
        let endpoint: Result<VendorEndpoint, ConfigurationError>
        let at: ContinuousClock.Instant
    }

    private let apiURL: String
    private let keys: APIKeys
    private let found = Mutex<[Shop: Found]>([:])

    /// - Parameter apiURL: The base URL for shops without their own.
    init(apiURL: String, keys: APIKeys) {
        self.apiURL = apiURL
        self.keys = keys
    }

    /// The endpoint of a shop, or what is wrong with its set-up.
    ///
    /// - Parameters:
    ///   - shop: The shop's name.
    ///   - apiURL: The shop's own base URL; nil: the worker's.
    func endpoint(shop: String, apiURL shopURL: String?) -> Result<VendorEndpoint, ConfigurationError> {
        let shop = Shop(name: shop, apiURL: shopURL)
        let now = ContinuousClock.now
        return found.withLock { found in
            if let known = found[shop], now - known.at < .seconds(1) { return known.endpoint }
            let endpoint = look(for: shop)
            found[shop] = Found(endpoint: endpoint, at: now)
            return endpoint
        }
    }

    private func look(for shop: Shop) -> Result<VendorEndpoint, ConfigurationError> {
        do throws(ConfigurationError) {
            var url = apiURL
            if let shopURL = shop.apiURL {
                url = try APIURL(parsing: shopURL, variable: "api_url of shop \(shop.name)").text
            }
            return .success(VendorEndpoint(baseURL: url, key: try keys.key(shop: shop.name)))
        } catch {
            return .failure(error)
        }
    }
}
