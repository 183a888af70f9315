import FoundationEssentials

/// The shops' secret keys: `GIFTBRIDGE_API_KEY_<SHOP>` for one shop, `GIFTBRIDGE_API_KEY` for every shop without its own;
/// each also as `…_FILE`, a file that holds the key, as a file of that name in `$CREDENTIALS_DIRECTORY` (systemd), or as
/// `api_key_file`, `api_key_<shop>_file` in the configuration file.
///
/// Files are read again regularly, so a corrected key takes effect without a restart. `description` reveals nothing.
package struct APIKeys: Sendable, CustomStringConvertible {
    private let environment: [String: String]
    private let file: ConfigurationFile?

    /// - Parameters:
    ///   - environment: The process's environment variables.
    ///   - file: The configuration file; nil: there is none.
    init(environment: [String: String], file: ConfigurationFile? = nil) {
        self.environment = environment
        self.file = file
    }

    /// A constant text without any key.
    package var description: String { "APIKeys" }

    /// The key of a shop.
    ///
    /// - Throws: ``ConfigurationError`` that names the variable to set, or the file that cannot be read.
    func key(shop: String) throws(ConfigurationError) -> String {
        let own = Self.variable(shop: shop)
        if let key = try value(own) { return key }
        if let key = try value(Self.variable) { return key }
        throw ConfigurationError(
            own, "(or \(Self.variable)) is not set: set it to the vendor's secret key of shop \(shop)")
    }

    /// Checks that there is at least one key, and that all keys can be read.
    func validate() throws(ConfigurationError) {
        var isAny = try value(Self.variable) != nil
        let names = Set(environment.keys).union(file?.values.keys ?? [:].keys).union(credentials)
        for name in names.sorted() where name.hasPrefix(Self.variable + "_") {
            isAny = try value(name.hasSuffix("_FILE") ? String(name.dropLast("_FILE".count)) : name) != nil || isAny
        }
        guard isAny else {
            throw ConfigurationError(
                Self.variable, "is not set: set it to the vendor's secret key (sk_…), or set \(Self.variable)_FILE")
        }
    }

    /// The names of the credentials that systemd passes.
    private var credentials: [String] {
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return [] }
        return (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []  // No folder: no credentials.
    }

    static let variable = "GIFTBRIDGE_API_KEY"

    /// `GIFTBRIDGE_API_KEY_<SHOP>`: the shop's name in upper case, other characters than ASCII letters and digits as `_`.
    ///
    /// The database refuses a second shop with the same variable (index shops_key_variable_idx).
    static func variable(shop: String) -> String {
        shop.unicodeScalars.reduce(into: variable + "_") { text, scalar in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            text += isPlain ? String(scalar).uppercased() : "_"
        }
    }

    /// Whether a shop has a key of its own.
    ///
    /// - Throws: ``ConfigurationError`` if the file of its key cannot be read.
    func hasOwnKey(shop: String) throws(ConfigurationError) -> Bool {
        try value(Self.variable(shop: shop)) != nil
    }

    /// A secret by its variable's name; nil: there is none.
    func value(_ variable: String) throws(ConfigurationError) -> String? {
        // For a shop named `…_file` that variable is another key's file.
        if !variable.hasSuffix("_FILE"), let key = environment[variable] { return try checked(key, variable) }
        if let path = environment[variable + "_FILE"] { return try key(in: path, variable + "_FILE") }
        if let directory = environment["CREDENTIALS_DIRECTORY"],
            let key = try? String(contentsOfFile: directory + "/" + variable, encoding: .utf8)  // No file: no such key.
        {
            return try checked(key, "$CREDENTIALS_DIRECTORY/\(variable)")
        }
        if let file, let path = file.values[variable + "_FILE"] {
            return try key(in: path, "\(Setting.key(variable: variable))_file in \(file.path)")
        }
        return nil
    }

    private func key(in path: String, _ source: String) throws(ConfigurationError) -> String {
        guard let key = try? String(contentsOfFile: path, encoding: .utf8) else {  // The reason is always the same.
            throw ConfigurationError(source, "names a file that cannot be read: \(path)")
        }
        return try checked(key, source)
    }

    private func checked(_ key: String, _ source: String) throws(ConfigurationError) -> String {
        let trimmed = String(key.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        guard !trimmed.isEmpty, trimmed.unicodeScalars.allSatisfy({ ("!"..."~").contains($0) }) else {
            throw ConfigurationError(source, "is empty or has characters that are not allowed in a key")
        }
        return trimmed
    }
}
