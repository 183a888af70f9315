import Foundation
import PackagePlugin

/// Writes files under `sql/` into the target as Swift constants, so that the binary carries its own schema.
///
/// Each target has its own: the statements of benchmark and demo are not part of the worker.
@main
struct EmbedSQLPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL.appending(path: "sql")
        let output = context.pluginWorkDirectoryURL.appending(path: "SQLFiles.swift")
        let others = ["GiftbridgeBench": "queries/bench.sql", "GiftbridgeCommand": "queries/demo.sql"]
        let files = (FileManager.default.subpaths(atPath: root.path) ?? [])
            .filter { $0.hasSuffix(".sql") }
            .filter { file in others[target.name].map { file == $0 } ?? !others.values.contains(file) }
            .sorted()
        let base = others[target.name] == nil ? [] : ["--extend", "Giftbridge"]
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) SQL files in \(target.name)",
                executable: try context.tool(named: "EmbedSQL").url,
                arguments: base + [root.path, output.path] + files,
                inputFiles: files.map { root.appending(path: $0) },
                outputFiles: [output]
            )
        ]
    }
}
