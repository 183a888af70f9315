import Foundation

/// `EmbedSQL [--extend MODULE] ROOT OUTPUT FILE…`: writes `OUTPUT`, a Swift file with the text of each `ROOT/FILE`.
///
/// Every folder below `sql/` becomes an array `SQL.<folder>` of name and text, sorted by name; a file beside the folders
/// becomes `SQL.<name>`. A file of `queries/` holds several statements, each below a line `-- name: <name>`: they become
/// constants such as `SQL.Worker.claim`, so that a missing one does not compile.
///
/// With `--extend`, the constants are added to the enumeration `SQL` of that module. Run by EmbedSQLPlugin during the build.
@main
struct EmbedSQL {
    static func main() throws {
        var arguments = CommandLine.arguments.dropFirst()
        var module: String?
        if arguments.first == "--extend" {
            module = arguments.dropFirst().first
            arguments = arguments.dropFirst(2)
        }
        guard let root = arguments.popFirst(), let output = arguments.popFirst() else {
            throw Failure(description: "usage: EmbedSQL [--extend MODULE] ROOT OUTPUT FILE...")
        }
        let sources = try arguments.map { path in
            let text = try String(contentsOf: URL(fileURLWithPath: root).appending(path: path), encoding: .utf8)
            return (path: path.dropLast(".sql".count).split(separator: "/").map(String.init), text: text)
        }
        let head =
            module.map { "import \($0)\n\nextension SQL {\n" }
            ?? "/// The files under `sql/`, as they were when this binary was built.\npackage enum SQL {\n"
        let body = try Dictionary(grouping: sources) { $0.path.count > 1 ? $0.path[0] : "" }
            .sorted { $0.key < $1.key }
            .map { folder, files in
                let files = files.map { (name: $0.path[$0.path.count - 1], text: $0.text) }.sorted { $0.name < $1.name }
                return switch folder {
                case "": files.map { "    package static let \($0.name) = \(literal($0.text))\n" }.joined()
                case "queries": try files.map { try statements($0.name, $0.text) }.joined()
                default: list(folder, files)
                }
            }
        try (head + body.joined() + "}\n").write(to: URL(fileURLWithPath: output), atomically: true, encoding: .utf8)
    }

    /// All files of a folder, by name.
    static func list(_ folder: String, _ files: [(name: String, text: String)]) -> String {
        "    package static let \(folder): [(name: String, text: String)] = [\n"
            + files.map { "        (\"\($0.name)\", \(literal($0.text))),\n" }.joined() + "    ]\n"
    }

    /// The statements of a file of `queries/`. What stands before the first name is about the file.
    static func statements(_ file: String, _ text: String) throws -> String {
        let mark = "-- name: "
        var statements: [(name: String, lines: [Substring])] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(mark) {
                statements.append((String(line.dropFirst(mark.count)), []))
            } else if !statements.isEmpty {
                statements[statements.count - 1].lines.append(line)
            }
        }
        guard !statements.isEmpty else { throw Failure(description: "queries/\(file).sql: no line '\(mark)…'") }
        return "    package enum \(file.capitalized) {\n"
            + statements.map { name, lines in
                let words = name.split(separator: "_")
                let constant = (words.first ?? "") + words.dropFirst().map(\.capitalized).joined()
                let text = lines.reversed().drop { $0.isEmpty }.reversed().joined(separator: "\n")
                return "        package static let \(constant) = \(literal(text))\n"
            }.joined() + "    }\n"
    }

    /// Five hashes: SQL text holds quotes and backslashes, but never three quotes followed by five hashes.
    static func literal(_ text: String) -> String {
        "#####\"\"\"\n\(text)\n\"\"\"#####"
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
