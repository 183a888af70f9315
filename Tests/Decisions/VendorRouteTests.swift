import NIOCore
import Testing

@testable import SmartGift

/// A request's bytes, and how long what makes them is kept.
@Suite("The vendor's routes")
struct VendorRouteTests {
    static let headers =
        " HTTP/1.1\r\nHost: v.example\r\nSmart-Auth: k\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        + "User-Agent: giftbridge\r\n"

    @Test(
        "The bytes of each request",
        arguments: [
            (.sale([0x7B, 0x7D]), "POST /v1/pos-sale\(headers)Content-Length: 2\r\n\r\n{}"),
            (.check([0x31]), "POST /v1/redeem/check\(headers)Content-Length: 1\r\n\r\n1"),
            (.paymentMethods, "GET /v1/payment-methods\(headers)\r\n"), (.vouchers, "GET /v1/vouchers\(headers)\r\n"),
        ] as [(VendorRequest.Kind, String)])
    func bytes(kind: VendorRequest.Kind, text: String) throws {
        let route = try VendorRoute(VendorEndpoint(baseURL: "https://v.example/v1", key: "k"))
        #expect(String(buffer: route.bytes(of: kind)) == text)
    }

    @Test(
        "Where a base URL leads",
        arguments: [
            ("https://v.example", VendorOrigin(isSecure: true, host: "v.example", port: 443)),
            ("HTTP://v.example", VendorOrigin(isSecure: false, host: "v.example", port: 80)),
            ("https://v.example:8443/x", VendorOrigin(isSecure: true, host: "v.example", port: 8443)),
            ("http://[::1]:81", VendorOrigin(isSecure: false, host: "::1", port: 81)),
        ])
    func origin(url: String, origin: VendorOrigin) throws {
        #expect(try VendorRoute(VendorEndpoint(baseURL: url, key: "k")).origin == origin)
    }

    @Test(
        "A URL that is none, and a key that no header can carry",
        arguments: [
            ("", "k", true), ("ftp://v.example", "k", true), ("https://", "k", true),
            ("https://v.example:0", "k", true),
            ("https://v.example", "k\r\nEvil: 1", false), ("https://v.example", "k ", false),
        ])
    func unusable(url: String, key: String, isUnreachable: Bool) {
        #expect {
            try VendorRoute(VendorEndpoint(baseURL: url, key: key))
        } throws: { error in
            switch error as? VendorAnswer.NotSent {
            case .unreachable?: isUnreachable
            case .local?: !isUnreachable
            default: false
            }
        }
    }

    @Test("A route is kept while it is used, and forgotten one to two minutes later")
    func forgotten() throws {
        var routes = VendorRoutes()
        let start = ContinuousClock.now
        let used = VendorEndpoint(baseURL: "https://used.example", key: "k")
        for number in 0..<100 {
            _ = try routes.route(to: VendorEndpoint(baseURL: "https://v\(number).example", key: "k"), at: start)
        }
        for second in stride(from: 0, through: 130, by: 10) {
            _ = try routes.route(to: used, at: start + .seconds(second))
            #expect(routes.count == (second < 120 ? 101 : 1), "after \(second) s")
        }
        _ = try routes.route(to: VendorEndpoint(baseURL: "https://late.example", key: "k"), at: start + .seconds(1000))
        #expect(routes.count == 1, "after a long pause")
    }
}
