import Foundation

/// `EmbedSQL ROOT OUTPUT FILE…`: writes `OUTPUT`, a Swift file with the text of each `ROOT/FILE`.
///
/// Every folder below `sql/` becomes an array `SQL.<folder>` of name and text, sorted by name; but the statements that are run
/// by name, in `bench/`, `calls/` and `demo/`, become constants such as `SQL.Call.<name>`: a missing one does not compile.
/// A file beside the folders becomes `SQL.<name>`.
/// Run by EmbedSQLPlugin during the build.
@main
struct EmbedSQL {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            throw Usage(description: "usage: EmbedSQL ROOT OUTPUT FILE...")
        }
        let root = URL(fileURLWithPath: arguments[1])
        var folders: [String: [(name: String, text: String)]] = [:]
        for file in arguments.dropFirst(3) {
            let path = file.split(separator: "/").map(String.init)
            guard path.count <= 2, let name = path.last?.dropLast(".sql".count) else { continue }
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            folders[path.count == 2 ? path[0] : "", default: []].append((String(name), text))
        }
        try source(of: folders).write(to: URL(fileURLWithPath: arguments[2]), atomically: true, encoding: .utf8)
    }

    static func source(of folders: [String: [(name: String, text: String)]]) -> String {
        var source = "/// The files under `sql/`, as they were when this binary was built.\npackage enum SQL {\n"
        for (folder, files) in folders.sorted(by: { $0.key < $1.key }) {
            let files = files.sorted { $0.name < $1.name }
            if let named = runByName[folder] {
                source += "    package enum \(named) {\n"
                for file in files {
                    let words = file.name.split(separator: "_")
                    let name = (words.first ?? "") + words.dropFirst().map(\.capitalized).joined()
                    source += "        package static let \(name) = \(literal(file.text))\n"
                }
                source += "    }\n"
            } else if folder.isEmpty {
                for file in files { source += "    package static let \(file.name) = \(literal(file.text))\n" }
            } else {
                source += "    package static let \(folder): [(name: String, text: String)] = [\n"
                for file in files { source += "        (\"\(file.name)\", \(literal(file.text))),\n" }
                source += "    ]\n"
            }
        }
        return source + "}\n"
    }

    static let runByName = ["bench": "Bench", "calls": "Call", "demo": "Demo"]

    /// Five hashes: SQL text holds quotes and backslashes, but never three quotes followed by five hashes.
    static func literal(_ text: String) -> String {
        "#####\"\"\"\n\(text)\n\"\"\"#####"
    }

    struct Usage: Error, CustomStringConvertible {
        let description: String
    }
}
