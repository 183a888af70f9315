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

    /// - Parameter apiURL: The base URL for shops without their own.
    init(apiURL: String, keys: APIKeys) {
        self.apiURL = apiURL
        self.keys = keys
    }

    /// The account of each shop, or what is wrong with its configuration.
    ///
    /// - Parameter shops: The shops' names, and their own base URLs where they have one.
    func accounts(of shops: [String: String?]) -> [String: Result<Account, ConfigurationError>] {
        var accounts: [String: Result<Account, ConfigurationError>] = [:]
        for (shop, shopURL) in shops {
            do throws(ConfigurationError) {
                var url = apiURL
                if let shopURL { url = try APIURL(parsing: shopURL, variable: "api_url of shop \(shop)").text }
                accounts[shop] = .success(
                    Account(VendorEndpoint(baseURL: url, key: try keys.key(shop: shop)), shopURL: shopURL))
            } catch {
                accounts[shop] = .failure(error)
            }
        }
        return accounts
    }
}
