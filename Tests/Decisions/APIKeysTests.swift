import Foundation
import SmartGift
import Testing

@testable import Giftbridge

/// Where a shop's secret key comes from, and that no message tells it.
@Suite("API keys")
struct APIKeysTests {
    @Test(
        "A shop's variable is its name in upper case, other characters as _",
        arguments: [
            ("default", "DEFAULT"), ("north", "NORTH"), ("north-1", "NORTH_1"), ("North.West", "NORTH_WEST"),
            ("a b", "A_B"), ("a_b", "A_B"),
            ("7", "7"), ("zoë", "ZO_"), ("zoe\u{308}", "ZOE_"), ("straße", "STRA_E"), ("ﬁ", "_"), ("ⅷ٣", "__"),
            ("日本", "__"), ("a🎁b", "A_B"),
        ])
    func variable(shop: String, suffix: String) {
        #expect(APIKeys.variable(shop: shop) == "GIFTBRIDGE_API_KEY_\(suffix)")
    }

    @Test("A shop's own key goes before the one for every shop")
    func ownKeyFirst() throws {
        let keys = APIKeys(environment: ["GIFTBRIDGE_API_KEY": "sk_all", "GIFTBRIDGE_API_KEY_NORTH_1": "sk_north"])
        #expect(try keys.key(shop: "north-1") == "sk_north")
        #expect(try keys.key(shop: "default") == "sk_all")
        #expect(try keys.key(shop: "south") == "sk_all")
        #expect(try APIKeys(environment: ["GIFTBRIDGE_API_KEY_DEFAULT": "sk_own"]).key(shop: "default") == "sk_own")
    }

    @Test(
        "A file's key is read, without the line's end; a value goes before a file, a file before the credentials directory"
    )
    func files() throws {
        try Self.withDirectory { directory in
            let path = try Self.write("sk_file\n", directory, "key")
            let credentials = ["CREDENTIALS_DIRECTORY": directory]
            _ = try Self.write("  sk_systemd\r\n", directory, "GIFTBRIDGE_API_KEY")
            _ = try Self.write("sk_north", directory, "GIFTBRIDGE_API_KEY_NORTH")

            #expect(try APIKeys(environment: ["GIFTBRIDGE_API_KEY_FILE": path]).key(shop: "a") == "sk_file")
            #expect(try APIKeys(environment: ["GIFTBRIDGE_API_KEY_A_FILE": path]).key(shop: "a") == "sk_file")
            #expect(try APIKeys(environment: credentials).key(shop: "a") == "sk_systemd")
            #expect(try APIKeys(environment: credentials).key(shop: "north") == "sk_north")
            let all = credentials.merging(["GIFTBRIDGE_API_KEY": "sk_value", "GIFTBRIDGE_API_KEY_FILE": path]) { $1 }
            #expect(try APIKeys(environment: all).key(shop: "a") == "sk_value")
            #expect(try APIKeys(environment: all).key(shop: "north") == "sk_north")
            let two = credentials.merging(["GIFTBRIDGE_API_KEY_FILE": path]) { $1 }
            #expect(try APIKeys(environment: two).key(shop: "a") == "sk_file")
        }
    }

    @Test("The file of one shop's key is not another shop's key")
    func fileVariableIsNoKey() throws {
        try Self.withDirectory { directory in
            let path = try Self.write("sk_file", directory, "key")
            let keys = APIKeys(environment: ["GIFTBRIDGE_API_KEY_FILE": path, "GIFTBRIDGE_API_KEY_NORTH_FILE": path])
            #expect(try keys.key(shop: "file") == "sk_file")
            #expect(try keys.key(shop: "north_file") == "sk_file")
        }
    }

    @Test(
        "An empty key, white space, or what no header can carry is refused; the error names the variable, never the key",
        arguments: [
            "", " ", "\n\t", "sk_SECRET x", "sk_SECRET\nEvil: 1", "sk_SECRET\r\n\r\nx", "sk_SÉCRET", "sk_SECRET\u{1}",
            "sk_SECRET\u{7F}", "sk_\0SECRET",
        ])
    func wrongKeys(key: String) throws {
        for (environment, name) in [
            (["GIFTBRIDGE_API_KEY": key], "GIFTBRIDGE_API_KEY"),
            (["GIFTBRIDGE_API_KEY_A": key, "GIFTBRIDGE_API_KEY": "sk_good"], "GIFTBRIDGE_API_KEY_A"),
        ] {
            let error = #expect(throws: ConfigurationError.self) {
                try APIKeys(environment: environment).key(shop: "a")
            }
            #expect(error?.variable == name)
            #expect(error.map { !"\($0)".contains("SECRET") && !"\($0)".contains("CRET") } == true)
        }
        #expect(throws: ConfigurationError.self) { try APIKeys(environment: ["GIFTBRIDGE_API_KEY": key]).validate() }
        try Self.withDirectory { directory in
            let path = try Self.write(key, directory, "GIFTBRIDGE_API_KEY")
            let ofFile = #expect(throws: ConfigurationError.self) {
                try APIKeys(environment: ["GIFTBRIDGE_API_KEY_FILE": path]).key(shop: "a")
            }
            #expect(ofFile?.variable == "GIFTBRIDGE_API_KEY_FILE")
            let ofDirectory = #expect(throws: ConfigurationError.self) {
                try APIKeys(environment: ["CREDENTIALS_DIRECTORY": directory]).key(shop: "a")
            }
            #expect(ofDirectory?.variable == "$CREDENTIALS_DIRECTORY/GIFTBRIDGE_API_KEY")
            #expect(
                ofDirectory.map { !"\($0)".contains("CRET") || !key.contains("CRET") || !"\($0)".contains(key) } == true
            )
        }
    }

    @Test("A file that cannot be read, or is not text, is refused with its variable and path")
    func unreadable() throws {
        try Self.withDirectory { directory in
            let binary = directory + "/binary"
            try Data([0xFF, 0xFE, 0x80]).write(to: URL(fileURLWithPath: binary))
            for path in [directory + "/missing", directory, binary, ""] {
                let keys = APIKeys(environment: ["GIFTBRIDGE_API_KEY_FILE": path])
                let error = #expect(throws: ConfigurationError.self) { try keys.key(shop: "a") }
                #expect(
                    error?.variable == "GIFTBRIDGE_API_KEY_FILE"
                        && (path.isEmpty || error?.problem.contains(path) == true))
                #expect(throws: ConfigurationError.self) { try keys.validate() }
            }
        }
    }

    @Test("Without a key the error names the shop's variable and the one for every shop")
    func missing() {
        let error = #expect(throws: ConfigurationError.self) {
            try APIKeys(environment: ["GIFTBRIDGE_API_KEY_B": "k"]).key(shop: "a")
        }
        #expect(error?.variable == "GIFTBRIDGE_API_KEY_A" && error?.problem.contains("GIFTBRIDGE_API_KEY)") == true)
        let none = #expect(throws: ConfigurationError.self) { try APIKeys(environment: [:]).validate() }
        #expect(none?.variable == "GIFTBRIDGE_API_KEY")
        #expect(throws: Never.self) { try APIKeys(environment: ["GIFTBRIDGE_API_KEY_B": "k"]).validate() }
    }

    @Test("Printed, keys say nothing")
    func silent() {
        let keys = APIKeys(environment: ["GIFTBRIDGE_API_KEY": "sk_SECRET"])
        for text in ["\(keys)", String(reflecting: keys), "\([keys])"] { #expect(!text.contains("SECRET")) }
    }

    @Test("An account is known by host and a fingerprint that tells keys apart and shows nothing of them")
    func accounts() async throws {
        let keys = APIKeys(environment: [
            "GIFTBRIDGE_API_KEY": "sk_SECRET", "GIFTBRIDGE_API_KEY_B": "sk_OTHER", "GIFTBRIDGE_API_KEY_C": "sk_SECRET",
            "GIFTBRIDGE_API_KEY_D": "sk_D",
        ])
        let directory = AccountDirectory(
            apiURL: "https://api.example.com/v1", keys: keys, hosts: ["api.example.com", "own.example.com"])
        let accounts = await directory.accounts(
            of: ["a": nil, "b": nil, "c": "https://Own.example.com:8443", "d": "http://plain.example.com"])
        let a = try #require(try accounts["a"]?.get())
        let b = try #require(try accounts["b"]?.get())
        let c = try #require(try accounts["c"]?.get())
        #expect(a.name.host == "api.example.com" && c.name.host == "own.example.com:8443")
        #expect(a.name.fingerprint == c.name.fingerprint && a.name.fingerprint != b.name.fingerprint)
        #expect(a.name.fingerprint.wholeMatch(of: /[0-9a-f]{8}/) != nil)
        for text in ["\(a.name)", "\(a)", String(reflecting: b)] {
            #expect(!text.contains("SECRET") && !text.contains("OTHER"))
        }
        #expect(throws: ConfigurationError.self) { try accounts["d"]?.get() }
    }

    /// Who may write `shops.api_url` must not learn a key: not by another host, and not the key of other shops.
    @Test(
        "A key goes to the configured hosts only, and to a shop's own address only its own key",
        arguments: [
            ("own", "https://evil.example.com", "has the host evil.example.com, to which no key may be sent"),
            ("own", "https://api.example.com.evil.com", "to which no key may be sent"),
            ("own", "https://api.example.com@evil.com", "must be a base URL without user"),
            ("own", "https://API.example.com:8443/v2", nil),
            ("a-b", "https://api.example.com", "is not set: shop a-b has its own api_url"),
            ("a-b", "https://evil.example.com", "to which no key may be sent"),
        ] as [(String, String, String?)])
    func keysStay(shop: String, url: String, problem: String?) async throws {
        let keys = APIKeys(environment: ["GIFTBRIDGE_API_KEY": "sk_SECRET", "GIFTBRIDGE_API_KEY_OWN": "sk_OTHER"])
        let directory = AccountDirectory(apiURL: "https://api.example.com", keys: keys, hosts: ["api.example.com"])
        let account = await directory.accounts(of: [shop: url])[shop]
        switch account {
        case .success(let account)?: #expect(problem == nil && account.endpoint.key == "sk_OTHER")
        case .failure(let error)?:
            #expect("\(error)".contains(problem ?? "no problem"), "\(error)")
            #expect(!"\(error)".contains("SECRET") && !"\(error)".contains("OTHER"))
        case nil: Issue.record("no answer")
        }
    }

    private static func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "giftbridge-keys-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }  // Nothing depends on it any more.
        try body(directory.path)
    }

    private static func write(_ text: String, _ directory: String, _ name: String) throws -> String {
        let path = directory + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
