import SmartGift

/// The address and key with which a shop's orders are sent.
struct Account: Sendable, Equatable {
    /// How the database identifies the account, without the key.
    struct Name: Sendable, Hashable {
        /// 8 hex digits of a salted hash of the key: enough to distinguish keys, but it reveals nothing of the key.
        let fingerprint: String
        /// Host and port of the vendor's address.
        let host: String
    }

    let name: Name
    let endpoint: VendorEndpoint
    /// The shop's own base URL, as the database has it; nil: it has none.
    let shopURL: String?

    init(_ endpoint: VendorEndpoint, shopURL: String?) {
        self.endpoint = endpoint
        self.shopURL = shopURL
        // FNV-1a. 32 bits of hash reveal nothing useful of a key with more than a hundred bits.
        let hash = "giftbridge account \(endpoint.key)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        let digits = String(UInt32(truncatingIfNeeded: hash ^ (hash >> 32)), radix: 16)
        let fingerprint = String(repeating: "0", count: 8 - digits.count) + digits
        let authority = endpoint.baseURL.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first
        name = Name(fingerprint: fingerprint, host: authority.map { $0.lowercased() } ?? endpoint.baseURL)
    }
}

/// Finds the account of each shop. Keys are in files that may change; they are read here, so that no event loop blocks.
actor AccountDirectory {
    private let apiURL: String
    private let keys: APIKeys
    private let hosts: Set<String>

    /// - Parameters:
    ///   - apiURL: The base URL for shops without their own.
    ///   - hosts: The hosts to which a key may be sent, in lower case.
    init(apiURL: String, keys: APIKeys, hosts: Set<String>) {
        self.apiURL = apiURL
        self.keys = keys
        self.hosts = hosts
    }

    /// - Parameter configuration: The worker's settings.
    init(_ configuration: BridgeConfiguration) {
        self.init(apiURL: configuration.apiURL, keys: configuration.apiKeys, hosts: configuration.apiHosts)
    }

    /// The account of each shop, or what is wrong with its configuration.
    ///
    /// - Parameter shops: The shops' names, and their own base URLs where they have one.
    func accounts(of shops: [String: String?]) -> [String: Result<Account, ConfigurationError>] {
        var accounts: [String: Result<Account, ConfigurationError>] = [:]
        for (shop, shopURL) in shops {
            do throws(ConfigurationError) {
                var url = apiURL
                if let shopURL { url = try checked(shopURL, of: shop) }
                accounts[shop] = .success(
                    Account(VendorEndpoint(baseURL: url, key: try keys.key(shop: shop)), shopURL: shopURL))
            } catch {
                accounts[shop] = .failure(error)
            }
        }
        return accounts
    }

    /// The base URL of a shop that has its own. A role that may write `shops.api_url` must not learn a key by it: the key goes to
    /// hosts of the configuration only, and it is never the key of other shops.
    private func checked(_ shopURL: String, of shop: String) throws(ConfigurationError) -> String {
        let column = "api_url of shop \(shop)"
        let url = try APIURL(parsing: shopURL, variable: column)
        guard hosts.contains(url.host) else {
            throw ConfigurationError(
                column,
                "has the host \(url.host), to which no key may be sent: if it is the vendor's, add it to GIFTBRIDGE_API_HOSTS"
            )
        }
        guard try keys.hasOwnKey(shop: shop) else {
            throw ConfigurationError(
                APIKeys.variable(shop: shop),
                "is not set: shop \(shop) has its own api_url, to which the key of other shops is not sent")
        }
        return url.text
    }
}
