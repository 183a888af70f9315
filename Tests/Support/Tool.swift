import Foundation

/// A program that some tests need and not every machine has.
///
/// Without it those tests are skipped, and say so. With `GIFTBRIDGE_TEST_REQUIRE_ALL=1`, as `.ci/run` sets it, they run and fail.
package struct Tool: Sendable {
    private let name: String
    private let package: String
    /// Where it is; nil: nowhere.
    package let path: String?
    private let isDemanded: Bool

    /// - Parameters:
    ///   - package: Debian's package that has it.
    ///   - paths: Where it may be.
    ///   - environment: This process's.
    package init(
        _ name: String, package: String, paths: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.name = name
        self.package = package
        path = paths.first { FileManager.default.isExecutableFile(atPath: $0) }
        isDemanded = environment["GIFTBRIDGE_TEST_REQUIRE_ALL"] == "1"
    }

    /// Whether the tests that need it are to run.
    package var isTested: Bool { path != nil || isDemanded }

    /// What is missing, and what to do.
    package var advice: String { "\(name) is not installed: apt-get install \(package)" }

    /// Where it is.
    ///
    /// - Throws: ``Missing``.
    package func required() throws -> String {
        guard let path else { throw Missing(description: advice) }
        return path
    }

    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }
}
