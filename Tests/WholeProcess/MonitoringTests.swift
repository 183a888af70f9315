import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// What `deploy/monitoring` and the documentation say agrees with what a worker really tells.
@Suite struct MonitoringTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// `.ci/monitoring` installs it.
    static let promtool = Tool(
        "promtool", package: "prometheus", paths: ["/usr/bin/promtool", "/usr/local/bin/promtool"])

    /// A real `/metrics`, of a worker that has sold something.
    static func metrics() async throws -> String {
        let database = try await TestServer.shared.database()
        return try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                try await database.insertOrders(1...2)
                try await database.waitUntilFinished()
                return try await StatusFace(of: process).get("/metrics").text
            }.value
        }
    }

    @Test(.enabled(if: promtool.isTested, "\(promtool.advice)"))
    func promtoolFindsNothingWrongWithTheMetrics() async throws {
        let (isSuccess, output) = try await Self.promtool(["check", "metrics"], input: Self.metrics())
        #expect(isSuccess && output == "")
    }

    private static func promtool(_ arguments: [String], input: String = "") async throws -> (Bool, output: String) {
        let result = try await Subprocess.run(
            .path(FilePath(try promtool.required())), arguments: Arguments(arguments), input: .string(input),
            output: .string(limit: 65536), error: .string(limit: 65536))
        return (result.terminationStatus.isSuccess, result.standardOutput + result.standardError)
    }

    @Test func rulesDashboardAndDocumentationNameOnlyMetricsThatThereAre() async throws {
        let metrics = try await Self.metrics()
        let families = Set(metrics.matches(of: #/(?m)^# TYPE (\w+) /#).map { String($0.1) })
        let samples = Set(metrics.matches(of: /(?m)^([a-z_]+)/).map { String($0.1) }).union(families)
        #expect(families.count > 25)
        for file in [
            "deploy/monitoring/alerts.yml", "deploy/monitoring/alerts_test.yml", "deploy/monitoring/dashboard.json",
        ] {
            let named = try Self.text(file).matches(of: /\b(?:giftbridge|process)_[a-z_]+/).map { String($0.output) }
            #expect(named.count > 10)
            for name in Set(named) { #expect(samples.contains(name), "\(file): \(name)") }
        }
        let documented = try Self.text("docs/metrics.md")
            .split(separator: "\n").filter { $0.hasPrefix("| `") }
            .flatMap { $0.split(separator: "|")[0].matches(of: /\b(?:giftbridge|process)_[a-z_]+/) }
            .map { String($0.output) }
        #expect(Set(documented) == families)
        #expect(documented.count == families.count, "each once")
    }

    @Test func eachAlertHasATestAndAnEntryInTheRunbook() throws {
        let alerts = try Self.text("deploy/monitoring/alerts.yml").matches(of: /- alert: (\w+)/).map { String($0.1) }
        #expect(alerts.count > 10 && Set(alerts).count == alerts.count)
        let runbook = try Self.text("docs/runbook.md")
        let entries = runbook.matches(of: /(?m)^### (\w+)$/).map { String($0.1) }
        #expect(entries.sorted() == alerts.sorted())
        for part in runbook.split(separator: "\n### ").dropFirst() {
            #expect(part.contains("\n- Look: ") && part.contains("\n- Do: "), "\(part.prefix(40))")
        }
        let tests = try Self.text("deploy/monitoring/alerts_test.yml")
        for alert in alerts {
            #expect(tests.contains("\"\(alert)\"") || tests.contains("alertname: \(alert)\n"), "\(alert) has no test")
        }
    }

    @Test(.enabled(if: promtool.isTested, "\(promtool.advice)"))
    func theDashboardAsksWhatPrometheusUnderstands() async throws {
        let json = try JSONSerialization.jsonObject(with: Data(Self.text("deploy/monitoring/dashboard.json").utf8))
        let dashboard = try #require(json as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
        let queries = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }.compactMap { $0["expr"] as? String }
        #expect(queries.count > 30)
        // As rules, because those promtool checks.
        let rules = queries.enumerated().map { number, query in
            ["record": "query:\(number)", "expr": query.replacing("$instance", with: "a")]
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "giftbridge-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }  // It is in the temporary folder anyway.
        let groups: [String: Any] = ["groups": [["name": "dashboard", "rules": rules]]]
        try JSONSerialization.data(withJSONObject: groups).write(to: file)
        let (isSuccess, output) = try await Self.promtool(["check", "rules", file.path])
        #expect(isSuccess, "\(output)")
    }
}
