import Foundation
import TestSupport
import Testing

/// `deploy/install`, below a folder in place of `/`: nothing of this machine is touched.
@Suite struct InstallTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func install(_ arguments: String...) async throws -> RunningProcess.Outcome {
        try await RunningProcess.run(
            arguments, program: repository.appending(path: "deploy/install").path
        ) { try await $0.end() }.outcome
    }

    /// A folder that is gone afterwards.
    private static func withRoot(_ body: (String) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "giftbridge-install-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try await body(root)
    }

    /// Every file below a folder, with its mode; folders only where they are ours alone.
    private static func files(_ root: String) throws -> [String: String] {
        var files: [String: String] = [:]
        for path in FileManager.default.enumerator(atPath: root)?.compactMap({ $0 as? String }) ?? [] {
            let attributes = try FileManager.default.attributesOfItem(atPath: root + "/" + path)
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            guard !isFolder || path.contains("giftbridge") else { continue }
            files[path] = String((attributes[.posixPermissions] as? Int ?? 0) & 0o7777, radix: 8)
        }
        return files
    }

    private static let installed = [
        "usr/local/bin/giftbridge": "755", "etc/systemd/system/giftbridge.service": "644",
        "usr/local/lib/sysusers.d/giftbridge.conf": "644", "etc/giftbridge": "755",
        "etc/giftbridge/giftbridge.yaml": "640", "etc/giftbridge/credentials": "700",
    ]

    @Test func installsTwiceAndLeavesNothingBehind() async throws {
        try await Self.withRoot { root in
            let first = try await Self.install("--root", root, "--binary", RunningProcess.binary)
            #expect(first.status == 0, "\(first.text)")
            #expect(try Self.files(root) == Self.installed)
            #expect(first.text.contains("systemctl enable --now giftbridge"))
            let version = try await RunningProcess.run(["--version"], program: root + "/usr/local/bin/giftbridge") {
                try await $0.end()
            }
            #expect(version.outcome.status == 0)
            // The unit names what was installed.
            let unit = try String(contentsOfFile: root + "/etc/systemd/system/giftbridge.service", encoding: .utf8)
            let start = try #require(unit.firstMatch(of: /(?m)^ExecStart=(\S+) run --config (\S+)$/))
            for path in [start.1, start.2] { #expect(FileManager.default.fileExists(atPath: root + path)) }

            // What an operator wrote stays; a key's mode is corrected.
            try "concurrency: 7\n".write(
                toFile: root + "/etc/giftbridge/giftbridge.yaml", atomically: false, encoding: .utf8)
            try "sk_1\n".write(
                toFile: root + "/etc/giftbridge/credentials/API_KEY", atomically: false, encoding: .utf8)
            #expect(try await Self.install("--root", root, "--binary", RunningProcess.binary).status == 0)
            let kept = Self.installed.merging(["etc/giftbridge/credentials/API_KEY": "600"]) { $1 }
            #expect(try Self.files(root) == kept)
            #expect(
                try String(contentsOfFile: root + "/etc/giftbridge/giftbridge.yaml", encoding: .utf8)
                    == "concurrency: 7\n")

            #expect(try await Self.install("--uninstall", "--root", root).status == 0)
            #expect(try Self.files(root) == kept.filter { $0.key.hasPrefix("etc/giftbridge") })
            #expect(try await Self.install("--uninstall", "--purge", "--root", root).status == 0)
            #expect(try Self.files(root) == [:])
            // Nothing there: nothing to do.
            #expect(try await Self.install("--uninstall", "--purge", "--root", root).status == 0)
        }
    }

    @Test func aDryRunChangesNothing() async throws {
        try await Self.withRoot { root in
            let empty = try await Self.install("--root", root, "--binary", RunningProcess.binary, "--dry-run")
            #expect(empty.status == 0 && empty.text.contains("would run: install"))
            #expect(!FileManager.default.fileExists(atPath: root))
            _ = try await Self.install("--root", root, "--binary", RunningProcess.binary)
            let gone = try await Self.install("--uninstall", "--purge", "--root", root, "--dry-run")
            #expect(gone.status == 0 && gone.text.contains("would run: rm"))
            #expect(try Self.files(root) == Self.installed)
        }
    }

    @Test func migratesOnRequestWithTheRoles() async throws {
        let database = try await TestServer.shared.emptyDatabase()
        try await Self.withRoot { root in
            let outcome = try await Self.install(
                "--root", root, "--binary", RunningProcess.binary, "--migrate", database.conninfo)
            #expect(outcome.status == 0, "\(outcome.text)")
        }
        #expect(
            try await database.value("SELECT has_schema_privilege('giftbridge_worker', 'giftbridge', 'USAGE')::text")
                == "true")
    }

    @Test(arguments: [
        (["--sideways"], 64 as Int32, "unknown option --sideways"), (["--binary"], 64, "--binary needs a value"),
        (["--purge"], 64, "--purge goes with --uninstall"), (["--migrate-as", "postgres"], 64, "goes with --migrate"),
        (["--root", "/nowhere", "--binary", "/nowhere/giftbridge"], 1, "there is no program /nowhere/giftbridge"),
    ])
    func wrongUsageIsOneLine(arguments: [String], status: Int32, text: String) async throws {
        let outcome = try await RunningProcess.run(
            arguments, program: Self.repository.appending(path: "deploy/install").path
        ) { try await $0.end() }.outcome
        #expect(outcome.status == status)
        #expect(outcome.output.count == 1 && outcome.text.contains(text), "\(outcome.text)")
    }
}
