import Testing

@testable import Sandbox

@Suite("The sandbox's decimals")
struct ExactDecimalTests {
    @Test(
        "Comparison is exact, whatever the form",
        arguments: [
            ("0.1", "0.10", 0), ("1e2", "100.00", 0), ("-0", "0.00", 0), ("0.29", "0.30", -1), ("1000.01", "1000", 1),
            ("64.35", "64.350000000000001", -1), ("-1", "1", -1), ("123456789012345678e18", "0.000000000000000001", 1),
            ("0.000000000000000001", "123456789012345678e18", -1),
        ] as [(ExactDecimal, ExactDecimal, Int)]
    )
    func comparisonIsExact(left: ExactDecimal, right: ExactDecimal, order: Int) {
        #expect((left == right) == (order == 0))
        #expect((left < right) == (order < 0))
        #expect((left > right) == (order > 0))
    }

    @Test(
        "What is no decimal, or too long for one, is nil",
        arguments: ["", "-", ".5", "5.", "1,5", "1e", "1e400", "0x1", "1234567890123456789", " 1", "1.2.3", "--1"]
    )
    func wrongTextIsNil(text: String) {
        #expect(ExactDecimal(text) == nil)
    }

    @Test(
        "A price is reached from the minimum in whole steps",
        arguments: [
            ("10.00", true), ("15", true), ("250.00", true), ("12.50", false), ("14.99", false), ("5.00", false),
            ("1e2", true),
        ] as [(ExactDecimal, Bool)]
    )
    func steps(price: ExactDecimal, isReached: Bool) {
        #expect(price.isReached(from: "10.00", by: "5.00") == isReached)
    }

    @Test(
        "A product keeps the places its factor is written with",
        arguments: [
            ("45.00", 3, "135.00"), ("45.00", 1, "45.00"), ("0.35", 3, "1.05"), ("33.3", 10, "333.0"),
            ("100", 2, "200"),
            ("0.05", 1, "0.05"), ("120.00", 0, "0.00"),
        ] as [(ExactDecimal, Int, String)]
    )
    func products(value: ExactDecimal, factor: Int, text: String) {
        #expect(value.multiplied(by: factor)?.text == text)
    }
}
