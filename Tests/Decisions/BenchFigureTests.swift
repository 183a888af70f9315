import Testing

@testable import GiftbridgeBench

/// What the benchmark makes of its numbers.
@Suite struct BenchFigureTests {
    @Test func percentilesAreInterpolated() {
        #expect([3.0, 1, 2].median == 2)
        #expect([4.0, 1, 2, 3].median == 2.5)
        #expect([Double](stride(from: 0, through: 100, by: 1)).percentile(99) == 99)
        #expect([Double]().median.isNaN)
    }

    private static let drains: [(Double, Double, Double?, [String])] = [
        (4_000, 0.3, 0.5, []), (7_900, 0.3, 0.5, []), (8_100, 0.3, 0.5, ["peer"]), (4_000, 0.95, nil, ["peer"]),
        (7_900, 0.3, 0.91, ["PostgreSQL"]), (7_900, 0.3, 0.89, []), (21_000, 0.3, nil, ["peer", "PostgreSQL"]),
        (4_000, 0.99, 0.95, ["peer", "PostgreSQL"]),
    ]

    @Test(arguments: drains)
    func aDrainNearACeilingIsDoubted(rate: Double, peerCore: Double, serverCore: Double?, limits: [String]) {
        let doubts = DrainCeilings(peer: 10_000, server: 20_000)
            .doubts(rate: rate, peerCore: peerCore, serverCore: serverCore)
        #expect(doubts.count == limits.count)
        for (doubt, limit) in zip(doubts, limits) { #expect(doubt.contains("\(limit) was the limit")) }
    }

    @Test func aDrainFasterThanItsSQLAloneIsDoubted() {
        let ceilings = DrainCeilings(peer: 100_000, server: 8_000)
        #expect(ceilings.doubts(rate: 7_900, peerCore: 0.3, serverCore: 0.5) == [])
        #expect(
            ceilings.doubts(rate: 8_100, peerCore: 0.3, serverCore: 0.5)
                == ["PostgreSQL was the limit (claim and settle alone are 8000 orders/s; it used 50 % of a core)"])
    }
}

/// What the benchmark's peer finds in a request: its ledger, and so the benchmark's honesty, rests on it.
@Suite struct SaleScanTests {
    private static let body = """
        {"items":[{"id":1,"price":100.10,"message":"my \\"code\\": \\"NOTTHIS\\"","code":"AAAA"},{"id":2,"code": "BBBB"}],\
        "customer":{"email":"a@example.com","postcode":"AB1 2CD"},"payment_method":1,"order_id":"100045"}
        """

    private static func request(_ body: String, length: String = "Content-Length") -> [UInt8] {
        Array("POST /pos-sale HTTP/1.1\r\nHost: x\r\n\(length): \(body.utf8.count)\r\nAccept: */*\r\n\r\n\(body)".utf8)
    }

    private func scan(_ bytes: [UInt8]) throws -> (end: Int, orderID: String, codes: [String])? {
        try bytes.withUnsafeBytes { bytes in
            try SaleScan(bytes).map { sale in
                func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
                return (sale.end, text(sale.orderID), sale.codes.map(text))
            }
        }
    }

    @Test(arguments: ["Content-Length", "content-length"])
    func codesAndOrderAreFoundAndNothingElse(length: String) throws {
        let request = Self.request(Self.body, length: length)
        let sale = try #require(try scan(request))
        #expect(sale.end == request.count)
        #expect(sale.orderID == "100045")
        #expect(sale.codes == ["AAAA", "BBBB"])
    }

    @Test func aPartOfARequestIsWaitedFor() throws {
        let request = Self.request(Self.body)
        for count in [0, 1, 40, request.count - Self.body.utf8.count, request.count - 1] {
            #expect(try scan(Array(request[..<count])) == nil)
        }
    }

    @Test func whatComesBehindIsTheNextRequest() throws {
        let request = Self.request(Self.body)
        let next = Self.request(#"{"items":[{"code":"CCCC"}],"order_id":"2"}"#)
        let sale = try #require(try scan(request + next))
        #expect(sale.end == request.count)
        #expect(sale.codes == ["AAAA", "BBBB"])
    }

    @Test func aBodyWithoutALengthIsRefused() {
        #expect(throws: SaleScan.Unreadable.self) { try scan(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)) }
    }
}
