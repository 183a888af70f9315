import NIOCore
import Testing

@testable import Giftbridge
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

/// Where the key may go: https anywhere, plain http to this machine only.
@Suite("The vendor's base URL")
struct APIURLTests {
    @Test(
        "https is taken, and http to loopback; slashes at the end go",
        arguments: [
            ("https://api.smart-gift.co.uk", "https://api.smart-gift.co.uk"),
            ("https://api.smart-gift.co.uk/", "https://api.smart-gift.co.uk"),
            ("https://api.devsmartgift.co.uk:8443", "https://api.devsmartgift.co.uk:8443"),
            ("https://x/v1//", "https://x/v1"),
            ("HTTPS://x", "HTTPS://x"), ("https://192.0.2.1", "https://192.0.2.1"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            ("http://127.0.0.1", "http://127.0.0.1"), ("http://127.0.0.1:8781/", "http://127.0.0.1:8781"),
            ("http://127.9.8.7", "http://127.9.8.7"),
            ("http://localhost:8781", "http://localhost:8781"), ("http://[::1]:8781", "http://[::1]:8781"),
            ("http://[::1]", "http://[::1]"),
        ])
    func isTaken(text: String, base: String) throws {
        #expect(try APIURL(parsing: text, variable: "V").text == base)
    }

    @Test(
        "Plain http to anything that only looks like this machine is refused",
        arguments: [
            "http://api.smart-gift.co.uk", "http://127.0.0.1.evil.com", "http://127.evil.com", "http://127.0.0.evil",
            "http://127.0.0.256",
            "http://localhost.evil.com", "http://localhost.", "http://localhostx", "http://xlocalhost",
            "http://evil.com/localhost",
            "http://evil.com/127.0.0.1", "http://128.0.0.1", "http://1.127.0.0.1", "http://10.0.0.1", "http://0.0.0.0",
            "http://[::2]",
            "http://[::]", "http://[::ffff:10.0.0.1]", "http://127.0.0.1%2eevil.com", "http://127", "http://2130706433",
            "http://0x7f.0.0.1",
            "HTTP://evil.com", "http://evil.com:80", "http://169.254.169.254",
        ])
    func plainHTTP(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try APIURL(parsing: text, variable: "GIFTBRIDGE_API_URL")
        }
        #expect(error?.variable == "GIFTBRIDGE_API_URL")
        #expect(error?.description.hasPrefix("GIFTBRIDGE_API_URL ") == true)
    }

    @Test(
        "User, query and fragment have no place in a base URL, and a host in disguise does not pass",
        arguments: [
            "https://user@api.example", "https://user:sk_SECRET@api.example", "https://:sk_SECRET@api.example",
            "https://@api.example",
            "http://127.0.0.1@evil.com", "http://localhost:80@evil.com", "http://localhost\\@evil.com",
            "http://evil.com#@127.0.0.1",
            "http://127.0.0.1?.evil.com", "https://x?", "https://x?key=sk_SECRET", "https://x/#", "https://x/#f",
            "https://x/?a=b#c",
        ])
    func noBase(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try APIURL(parsing: text, variable: "api_url of shop a")
        }
        #expect(error?.variable == "api_url of shop a")
        #expect(error.map { !"\($0)".contains("SECRET") } == true)
    }

    @Test(
        "What is no URL of the web is refused",
        arguments: [
            "", " ", "api.smart-gift.co.uk", "//api.example", "https:", "https://", "https:///path", "https://:443",
            "ftp://x", "file:///etc/passwd",
            "unix:///run/x", "http+unix://x", "javascript:1", "https//x", "https:/x", "x", "/", " https://x",
            "https://x ", "https://x y",
            "https://x/a b", "https://x\n", "https://x\r\nEvil: 1", "https://x/\t", "https://x\0", "https://[::1",
            "https://x:abc", "https://x:99999",
            "https://x:-1", "https://é x",
        ])
    func noURL(text: String) {
        #expect(throws: ConfigurationError.self) { try APIURL(parsing: text, variable: "V") }
    }
}
