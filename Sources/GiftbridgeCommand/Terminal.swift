#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Shows what was printed at once, also where standard output is a pipe.
func flushStandardOutput() {
    fflush(nil)
}
