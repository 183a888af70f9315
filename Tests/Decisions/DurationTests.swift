import Giftbridge
import Testing

/// Durations as settings and flags have them.
@Suite("Durations")
struct DurationTests {
    @Test(
        "An integer with a unit is read",
        arguments: [
            ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
            ("90d", .seconds(90 * 86_400)), ("0s", .zero), ("0ms", .zero), ("007s", .seconds(7)),
            ("1ms", .milliseconds(1)),
            ("36600d", .seconds(36_600 * 86_400)), ("999999999999ms", .milliseconds(999_999_999_999)),
        ] as [(String, Duration)])
    func isRead(text: String, duration: Duration) {
        #expect(Duration(parsing: text) == duration)
        #expect(Duration(parsing: Substring(text)) == duration)
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", " ", "s", "ms", "30", "-30s", "+30s", "1.5s", "1,5s", "30 s", " 30s", "30s ", "30S", "30sec",
            "30seconds", "5min",
            "5M", "1w", "1y", "1h30m", "30s30s", "1e3s", "0x10s", "٣s", "３s", "30s\n", "30s\0", "s30", "nan", "inf",
            "∞", "36601d",
            "999999999999d", "9999999999999999999s", "1000000000000ms", "30µs", "30us", "30ns", "5m\u{301}", "PT5M",
            "00:05:00",
        ])
    func isNone(text: String) {
        #expect(Duration(parsing: text) == nil)
    }
}
