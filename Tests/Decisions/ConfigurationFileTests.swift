import Foundation
import Testing

@testable import Giftbridge

/// `--config FILE`: what is read, what is refused, and that the sample says what is so.
@Suite struct ConfigurationFileTests {
    @Test(
        arguments: [
            ("", [:]), ("# nothing\n", [:]), ("{}", [:]),
            ("concurrency: 16\nlease: 90s", ["CONCURRENCY": "16", "LEASE": "90s"]),
            ("---\napi_url: \"https://x.example/a#b\" # the vendor\n...\n", ["API_URL": "https://x.example/a#b"]),
            ("{\"concurrency\": 16, \"api_key_file\": \"\\/k\"}", ["CONCURRENCY": "16", "API_KEY_FILE": "/k"]),
            ("taken_words: [taken, in use]", ["TAKEN_WORDS": "taken,in use"]),
            ("taken_words:\n  - taken\n  - used\n", ["TAKEN_WORDS": "taken,used"]),
            ("database_url: ''\napi_key_my_shop_file: k", ["DATABASE_URL": "", "API_KEY_MY_SHOP_FILE": "k"]),
            ("log_level: \"null\"", ["LOG_LEVEL": "null"]),
            ("http_token_file: /t", ["HTTP_TOKEN_FILE": "/t"]),
        ] as [(String, [String: String])])
    func isRead(text: String, values: [String: String]) throws {
        let file = try ConfigurationFile(path: "f", text: text)
        #expect(file.values == Dictionary(uniqueKeysWithValues: values.map { ("GIFTBRIDGE_\($0.key)", $0.value) }))
    }

    @Test(arguments: [
        ("lease: 90s\nretry_bas: 2s", "f:2: there is no setting \"retry_bas\"; did you mean retry_base?"),
        ("GIFTBRIDGE_LEASE: 90s", "f:1: there is no setting \"GIFTBRIDGE_LEASE\"; did you mean lease?"),
        ("max-attempts: 3", "f:1: there is no setting \"max-attempts\"; did you mean max_attempts?"),
        ("nonsense: 3", "f:1: there is no setting \"nonsense\""),
        ("lease:", "f:1: lease has no value: set one, or remove the line"),
        ("lease: ~", "f:1: lease has no value: set one, or remove the line"),
        ("lease: 1s\nlease: 2s", "f:2: lease is set twice"),
        ("lease: {a: b}", "f:1: lease must be a value or a list of values"),
        ("lease: [[1s]]", "f:1: lease must be a value or a list of values"),
        ("[1, 2]", "f:1: must be a list of settings, one \"name: value\" a line"),
        ("lease", "f:1: must be a list of settings, one \"name: value\" a line"),
        ("lease: 1s\n---\nlease: 2s", "f:3: the file has a second document; only one is allowed"),
        ("[a]: b", "f:1: a setting's name must be plain text"),
        ("lease: &a 1s\nheartbeat: *a", "f:2: aliases (*name) are not supported"),
        (
            "api_key: sk_secret",
            "f:1: api_key is a secret and must not be in this file: put it into a separate file, and give that file's path as api_key_file"
        ),
        (
            "http_token: secret",
            "f:1: http_token is a secret and must not be in this file: put it into a separate file, and give that file's path as http_token_file"
        ),
        (
            "api_key_shop: sk_secret",
            "f:1: api_key_shop is a secret and must not be in this file: put it into a separate file, and give that file's path as api_key_shop_file"
        ),
    ])
    func isRefused(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: "f", text: text) }
        #expect(error?.description == message)
    }

    @Test(arguments: ["lease: \"90s", "lease: 90s\n  b: c", "{\"lease\": ", "lease: a: b", "\tlease: 90s", "lease: @1"])
    func isNoYAML(text: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try ConfigurationFile(path: "f", text: text) }
        #expect(error.description.contains(": is not YAML or JSON: "), "\(error)")
    }

    @Test func flagOverEnvironmentOverFileOverDefault() throws {
        let file = try ConfigurationFile(
            path: "f", text: "lease: 91s\nheartbeat: 91s\npoll_interval: 91s\napi_key_file: /nowhere/key")
        let configuration = try BridgeConfiguration(
            flags: ["GIFTBRIDGE_LEASE": "93s"],
            environment: ["GIFTBRIDGE_LEASE": "92s", "GIFTBRIDGE_HEARTBEAT": "92s", "GIFTBRIDGE_API_KEY": "sk_x"],
            file: file)
        #expect(configuration.lease == .seconds(93) && configuration.heartbeat == .seconds(92))
        #expect(configuration.pollInterval == .seconds(91) && configuration.drainTimeout == .seconds(45))
    }

    @Test(arguments: [
        ("lease: soon", "lease in f must be a duration such as 500ms, 30s, 5m, 2h or 90d, not \"soon\""),
        ("concurrency: many", "concurrency in f must be an integer from 1 to 10000, not \"many\""),
        ("api_url: vendor", "api_url in f must be a URL such as https://api.smart-gift.co.uk"),
        ("taken_words: [a]", "taken_words in f must be comma-separated words of three letters or more"),
        ("api_key_file: /nowhere/key", "api_key_file in f names a file that cannot be read: /nowhere/key"),
    ])
    func aWrongValueIsNamedWithItsFile(text: String, message: String) throws {
        let file = try ConfigurationFile(path: "f", text: text)
        let environment = text.hasPrefix("api_key") ? [:] : ["GIFTBRIDGE_API_KEY": "sk_x"]
        let error = #expect(throws: ConfigurationError.self) {
            try BridgeConfiguration(environment: environment, file: file)
        }
        #expect(error?.description == message)
    }

    @Test func keysComeFromTheEnvironmentThenCredentialsThenTheFile() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "giftbridge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let key = directory.appending(path: "key").path
        try "sk_file\n".write(toFile: key, atomically: true, encoding: .utf8)
        try "sk_credential\n".write(
            toFile: directory.appending(path: "GIFTBRIDGE_API_KEY").path, atomically: true, encoding: .utf8)
        let file = try ConfigurationFile(path: "f", text: "api_key_file: \(key)\napi_key_second_file: \(key)")
        var environment: [String: String] = [:]
        #expect(try APIKeys(environment: environment, file: file).key(shop: "default") == "sk_file")
        environment["CREDENTIALS_DIRECTORY"] = directory.path
        #expect(try APIKeys(environment: environment, file: file).key(shop: "default") == "sk_credential")
        #expect(try APIKeys(environment: environment, file: file).key(shop: "second") == "sk_file")
        environment["GIFTBRIDGE_API_KEY"] = "sk_environment"
        #expect(try APIKeys(environment: environment, file: file).key(shop: "default") == "sk_environment")
    }

    @Test func aPasswordThatEverybodyMayReadIsRefused() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "giftbridge-\(UUID().uuidString).yaml").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "database_url: host=/nowhere password=planted".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.read(flag: path, environment: [:])
        }
        #expect(error?.description.contains("chmod o-r") == true && error?.description.contains("planted") == false)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(try ConfigurationFile.read(flag: nil, environment: ["GIFTBRIDGE_CONFIG": path])?.path == path)
        #expect(throws: ConfigurationError.self) { try ConfigurationFile.read(flag: path + "x", environment: [:]) }
        #expect(try ConfigurationFile.read(flag: nil, environment: [:]) == nil)
    }

    // MARK: The sample

    private static let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../deploy/giftbridge.yaml").standardized.path

    /// The sample's settings with the # taken away.
    private static func uncommented() throws -> String {
        try String(contentsOfFile: sample, encoding: .utf8).split(separator: "\n")
            .filter { $0.wholeMatch(of: /# [a-z0-9_]+: \S.*/) != nil }.map { String($0.dropFirst(2)) }
            .joined(separator: "\n")
    }

    @Test func theSampleChangesNothing() throws {
        #expect(
            try ConfigurationFile(path: "f", text: String(contentsOfFile: Self.sample, encoding: .utf8)).values == [:])
    }

    @Test func theSampleListsEverySettingWithItsDefault() throws {
        let listed = try ConfigurationFile(path: "f", text: Self.uncommented()).values
        #expect(
            Set(listed.keys)
                == Set(Setting.all.map(\.variable)).union(["GIFTBRIDGE_API_KEY_FILE", "GIFTBRIDGE_HTTP_TOKEN_FILE"]))
        for setting in Setting.all where setting.defaultValue != nil {
            #expect(listed[setting.variable] == setting.defaultValue, "\(setting.variable)")
        }
    }

    @Test func theDefaultsListedAreTheDefaults() throws {
        let key = ["GIFTBRIDGE_API_KEY": "sk_x"]
        let listed = Dictionary(
            uniqueKeysWithValues: Setting.all.compactMap { setting in
                setting.defaultValue.map { (setting.variable, $0) }
            })
        func dump(_ environment: [String: String]) throws -> String {
            var text = ""
            var configuration = try BridgeConfiguration(environment: environment)
            configuration.apiKeys = APIKeys(environment: [:])
            Swift.dump(configuration, to: &text)
            let log = try LogSettings(flags: [:], environment: environment, formats: ["text", "json"])
            return text + "\(log.level)"
        }
        #expect(try dump(key.merging(listed) { $1 }) == dump(key))
        // Each of them is really read.
        for setting in Setting.all where setting.defaultValue != nil {
            #expect(throws: ConfigurationError.self, "\(setting.variable)") {
                _ = try dump(key.merging([setting.variable: "?"]) { $1 })
            }
        }
    }
}
