#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The time as HTTP's `Date` has it ([RFC 9110 §5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)), for instance
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    /// - Parameter time: Seconds since 1970; default: now.
    static func text(_ time: time_t = time(nil)) -> String {
        var time = time
        var parts = tm()
        gmtime_r(&time, &parts)
        // The names are English, because this program never calls setlocale.
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
            let count = strftime(text.baseAddress, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            return String(decoding: text.prefix(count).lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}
