/// Where and as whom to sell: the vendor's base URL and the secret key of one application of one company.
///
/// Its `description` keeps the key to itself.
package struct VendorEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// For example `https://api.smart-gift.co.uk`, without a slash at the end.
    package let baseURL: String
    /// Sent as `Smart-Auth`.
    package let key: String

    /// Memberwise.
    package init(baseURL: String, key: String) {
        self.baseURL = baseURL
        self.key = key
    }

    /// The base URL.
    package var description: String { baseURL }
}
