#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The process's standard error.
enum StandardError {
    /// Writes its lines; a stalled reader does not block the program.
    static let writer = LineWriter(descriptor: STDERR_FILENO)

    /// Adds a line. It is written at once if there is a reader.
    static func write(_ line: String) { writer.write(line) }
}
