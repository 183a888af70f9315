import LibPQ

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A file of settings, YAML or JSON: the variables' names in lower case, without `GIFTBRIDGE_`.
///
/// ```yaml
/// api_url: https://api.devsmartgift.co.uk
/// api_key_file: /etc/giftbridge/key
/// concurrency: 16
/// ```
public struct ConfigurationFile: Sendable, Equatable {
    /// Where it was read.
    public let path: String
    /// Values by variable name.
    let values: [String: String]

    /// The file that `--config` or `GIFTBRIDGE_CONFIG` names.
    ///
    /// - Returns: Nil if neither names a file.
    /// - Throws: ``ConfigurationError`` that names the file, and the line of what is wrong in it.
    public static func read(flag: String?, environment: [String: String]) throws(ConfigurationError)
        -> ConfigurationFile?
    {
        guard let path = flag ?? environment["GIFTBRIDGE_CONFIG"], !path.isEmpty else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {  // The reason is always the same.
            throw ConfigurationError(
                flag == nil ? "GIFTBRIDGE_CONFIG" : "--config", "names a file that cannot be read: \(path)")
        }
        let file = try ConfigurationFile(path: path, text: text)
        try file.checkPassword()
        return file
    }

    /// Reads a file's text.
    init(path: String, text: String) throws(ConfigurationError) {
        self.path = path
        var values: [String: String] = [:]
        do throws(FlatYAML.Fault) {
            for member in try FlatYAML(parsing: text).members {
                if let fault = Self.fault(of: member) { throw FlatYAML.Fault(line: member.line, problem: fault) }
                values[Setting.variable(key: member.name)] = member.value
            }
        } catch {
            throw ConfigurationError("\(path):\(error.line):", error.problem)
        }
        self.values = values
    }

    private static func fault(of member: FlatYAML.Member) -> String? {
        if Setting.isSecret(key: member.name) {
            return
                "\(member.name) is a secret and must not be in this file: put it into a separate file, and give that file's "
                + "path as \(member.name)_file"
        }
        guard Setting.isKnown(key: member.name) else {
            let hint = Setting.nearest(to: member.name).map { "; did you mean \($0)?" } ?? ""
            return "there is no setting \"\(member.name)\"\(hint)"
        }
        return member.value == nil ? "\(member.name) has no value: set one, or remove the line" : nil
    }

    /// Refuses a file with a password that all users of the machine may read.
    private func checkPassword() throws(ConfigurationError) {
        // An invalid conninfo is refused where it is used.
        guard let url = values["GIFTBRIDGE_DATABASE_URL"], let target = try? ConnectionTarget(conninfo: url),
            target.hasPassword
        else { return }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IROTH == 0 else {
            throw ConfigurationError(
                "database_url in \(path)",
                "has a password, but all users may read that file: chmod o-r it, or use ~/.pgpass")
        }
    }
}
