import TestSupport
import Testing

/// Tests that need a program are skipped without it, but not where nothing may be skipped.
@Suite struct ToolTests {
    private static func tool(_ paths: [String], demanded: String?) -> Tool {
        Tool(
            "Something", package: "some-thing", paths: paths,
            environment: demanded.map { ["GIFTBRIDGE_TEST_REQUIRE_ALL": $0] } ?? [:])
    }

    @Test(arguments: [nil, "", "0"] as [String?]) func aMissingToolSkips(demanded: String?) {
        #expect(!Self.tool(["/nowhere/thing"], demanded: demanded).isTested)
    }

    @Test func aMissingToolThatIsDemandedFailsAndSaysWhatToInstall() {
        let tool = Self.tool(["/nowhere/thing"], demanded: "1")
        #expect(tool.isTested)
        let error = #expect(throws: Tool.Missing.self) { try tool.required() }
        #expect(error?.description == "Something is not installed: apt-get install some-thing")
    }

    @Test(arguments: [nil, "1"] as [String?]) func aToolThatIsThereIsUsed(demanded: String?) throws {
        let tool = Self.tool(["/nowhere/thing", "/bin/sh"], demanded: demanded)
        #expect(tool.isTested)
        #expect(try tool.required() == "/bin/sh")
    }
}
