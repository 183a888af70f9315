#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where requests for one base URL go: scheme, host, port, and the path in front of the vendor's own.
struct VendorOrigin: Hashable {
    let isSecure: Bool
    /// A name or an address; an IPv6 address without brackets.
    let host: String
    let port: Int
    /// The value of the request's `Host`.
    let authority: String
    /// `/pos-sale`, behind the base URL's own path.
    let target: String

    /// - Parameter baseURL: See ``VendorEndpoint/baseURL``; nil is returned where it is not an http or https URL with a host.
    init?(baseURL: String) {
        guard let url = URL(string: baseURL), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = url.host(percentEncoded: false), !host.isEmpty,
            (1...65_535).contains(url.port ?? 443)
        else { return nil }
        isSecure = scheme == "https"
        self.host = host.trimmingBrackets()
        port = url.port ?? (isSecure ? 443 : 80)
        let name = self.host.contains(":") ? "[\(self.host)]" : self.host
        authority = url.port.map { "\(name):\($0)" } ?? name
        target = url.path() + "/pos-sale"
        // What could end a line would be a request of its own.
        guard (authority + target).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    }

    /// Whether `host` is an address and not a name: TLS has no SNI for one.
    var isAddress: Bool {
        host.contains(":") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }
}

extension String {
    fileprivate func trimmingBrackets() -> String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
