import Testing

@testable import StatusServer

/// The time in HTTP's form; the first is RFC 9110's own example.
@Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
])
func httpDate(time: Int, text: String) {
    #expect(HTTPDate.text(time) == text)
}
