import Testing

@testable import Giftbridge

/// Where the worker's HTTP face is.
@Suite("The worker's HTTP address")
struct HTTPAddressTests {
    @Test(
        "Host and port are told apart",
        arguments: [
            ("127.0.0.1:8780", "127.0.0.1", 8780, true), ("localhost:0", "localhost", 0, true),
            ("[::1]:65535", "::1", 65535, true), ("0.0.0.0:80", "0.0.0.0", 80, false), ("[::]:8780", "::", 8780, false),
            ("bridge.internal:8780", "bridge.internal", 8780, false),
            ("127.evil.example:1", "127.evil.example", 1, false),
        ])
    func isTaken(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try HTTPAddress(parsing: text, variable: "V")
        #expect(address.host == host && address.port == port && address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test(
        "Anything else is refused with the variable's name",
        arguments: [
            "8780", "127.0.0.1", ":8780", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8780", "[::1]", "[]:1",
            "[x]:1", "http://127.0.0.1:8780", "a b:1", "127.0.0.1:8780/", "ä:1",
        ])
    func isRefused(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try BridgeConfigurationTests.settings(["GIFTBRIDGE_HTTP_ADDRESS": text])
        }
        #expect(error?.variable == "GIFTBRIDGE_HTTP_ADDRESS")
    }

    @Test("Empty is off, from environment and flag")
    func off() throws {
        #expect(try BridgeConfigurationTests.settings(["GIFTBRIDGE_HTTP_ADDRESS": ""]).httpAddress == nil)
        let flag = try BridgeConfigurationTests.settings(
            ["GIFTBRIDGE_HTTP_ADDRESS": "localhost:1"], flags: ["GIFTBRIDGE_HTTP_ADDRESS": ""])
        #expect(flag.httpAddress == nil)
    }
}
