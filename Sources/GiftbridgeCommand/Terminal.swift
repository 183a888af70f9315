#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Shows what was printed at once, also where standard output is a pipe.
func flushStandardOutput() {
    fflush(nil)
}

extension String {
    /// Fills up with spaces to a width in characters.
    func padded(_ width: Int, right: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - count))
        return right ? fill + self : self + fill
    }
}
