import FoundationEssentials
import NIOCore

/// What all requests to one endpoint have in common, computed once: the address, and the headers as bytes.
struct VendorRoute {
    let origin: VendorOrigin
    /// The path of the base URL, in front of the vendor's own.
    private let path: String
    private let headers: String

    /// - Throws: What keeps every request to this endpoint from being sent.
    init(_ endpoint: VendorEndpoint) throws(VendorAnswer.NotSent) {
        guard endpoint.key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .local("The API key has characters that a request cannot carry.")
        }
        guard let url = URL(string: endpoint.baseURL), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = url.host(percentEncoded: false)?.withoutBrackets,
            !host.isEmpty, (1...65_535).contains(url.port ?? 443)
        else { throw .unreachable("The vendor's address is not a URL that a request can go to.") }
        origin = VendorOrigin(
            isSecure: scheme == "https", host: host, port: url.port ?? (scheme == "https" ? 443 : 80))
        let name = host.contains(":") ? "[\(host)]" : host
        let authority = url.port.map { "\(name):\($0)" } ?? name
        path = url.path()
        // A character that ends a line could smuggle in another request.
        guard (authority + path).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .unreachable("The vendor's address has characters that a request cannot carry.")
        }
        headers =
            " HTTP/1.1\r\nHost: \(authority)\r\nSmart-Auth: \(endpoint.key)\r\nContent-Type: application/json\r\n"
            + "Accept: application/json\r\nUser-Agent: giftbridge\r\n"
    }

    /// The whole request in one piece, so that one system call writes it.
    func bytes(of kind: VendorRequest.Kind) -> ByteBuffer {
        switch kind {
        case .sale(let body): bytes("POST ", "/pos-sale", body)
        case .check(let body): bytes("POST ", "/redeem/check", body)
        case .paymentMethods: bytes("GET ", "/payment-methods", nil)
        case .vouchers: bytes("GET ", "/vouchers", nil)
        }
    }

    private func bytes(_ method: String, _ resource: String, _ body: [UInt8]?) -> ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(
            capacity: path.utf8.count + resource.utf8.count + headers.utf8.count + (body?.count ?? 0) + 48)
        bytes.writeString(method)
        bytes.writeString(path)
        bytes.writeString(resource)
        bytes.writeString(headers)
        if let body {
            bytes.writeString("Content-Length: ")
            bytes.writeString(String(body.count))
            bytes.writeString("\r\n")
        }
        bytes.writeString("\r\n")
        if let body { bytes.writeBytes(body) }
        return bytes
    }
}

/// The routes that are in use. One that was not used for one to two minutes is forgotten, and with it its key.
struct VendorRoutes {
    private static let age = Duration.seconds(60)

    private var recent: [VendorEndpoint: VendorRoute] = [:]
    private var older: [VendorEndpoint: VendorRoute] = [:]
    private var ages: ContinuousClock.Instant?

    /// How many it holds.
    var count: Int { recent.count + older.count }

    /// - Throws: See ``VendorRoute/init(_:)``.
    mutating func route(
        to endpoint: VendorEndpoint, at now: ContinuousClock.Instant
    ) throws(VendorAnswer.NotSent) -> VendorRoute {
        if let ages, ages > now {
            if let route = recent[endpoint] { return route }
        } else {
            // After a long pause those of before are old, too.
            older = ages.map { now - $0 < Self.age } == true ? recent : [:]
            recent = [:]
            ages = now + Self.age
        }
        let route: VendorRoute
        if let known = older.removeValue(forKey: endpoint) { route = known } else { route = try VendorRoute(endpoint) }
        recent[endpoint] = route
        return route
    }
}

extension String {
    fileprivate var withoutBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}

/// What a connection leads to: scheme, host and port.
struct VendorOrigin: Hashable {
    let isSecure: Bool
    /// A name or an address; an IPv6 address without brackets.
    let host: String
    let port: Int

    /// Whether `host` is an address and not a name: TLS has no SNI for one.
    var isAddress: Bool {
        host.contains(":") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }
}
