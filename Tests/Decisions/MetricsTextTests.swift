import Testing

@testable import Giftbridge
@testable import StatusServer

/// Prometheus' text format, by example.
@Suite("The text of /metrics")
struct MetricsTextTests {
    @Test("Labels and help are escaped, whole numbers are whole")
    func escapes() {
        var text = MetricsText()
        text.family("a_total", .counter, "One\nline \\ only", [(["shop": "a\"b\\c\nd", "x": "y"], 3), ([:], 0.25)])
        text.single("b", .gauge, "B", .infinity)
        text.family("none", .gauge, "No sample, no head", [])
        #expect(
            text.text == #"""
                # HELP a_total One\nline \\ only
                # TYPE a_total counter
                a_total{shop="a\"b\\c\nd",x="y"} 3
                a_total 0.25
                # HELP b B
                # TYPE b gauge
                b +Inf

                """#)
    }

    @Test("A histogram's buckets are cumulative; a bound belongs to its bucket")
    func histogram() {
        var histogram = Histogram(bounds: [0.25, 1])
        for milliseconds in [125, 250, 500, 1000, 5000] { histogram.observe(.milliseconds(milliseconds)) }
        var text = MetricsText()
        text.histogram("h_seconds", "H", histogram)
        #expect(
            text.text == """
                # HELP h_seconds H
                # TYPE h_seconds histogram
                h_seconds_bucket{le="0.25"} 2
                h_seconds_bucket{le="1"} 4
                h_seconds_bucket{le="+Inf"} 5
                h_seconds_sum 6.875
                h_seconds_count 5

                """)
        #expect(histogram.count == 5)
    }
}
