import Glibc

/// Writes as a server's WAL does: 8 kB pieces of a file that is there already, each followed by fdatasync.
struct FsyncProbe {
    private let path: String
    private static let size = 16 << 20
    private static let piece = 8192

    init(directory: String) throws(BenchError) {
        path = "\(directory)/fsync"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer {
            fsync(file)
            close(file)
        }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<(Self.size >> 20) {
            guard write(file, zeros, zeros.count) == zeros.count else { throw BenchError("\(path) cannot be written") }
        }
    }

    /// - Returns: How long each write took, in microseconds.
    func run(_ count: Int) throws(BenchError) -> [Double] {
        let file = open(path, O_RDWR | O_CLOEXEC)
        defer { close(file) }
        let bytes = [UInt8](repeating: 1, count: Self.piece)
        var times: [Double] = []
        for index in 0..<count {
            let start = monotonicNow()
            guard pwrite(file, bytes, bytes.count, off_t(index * Self.piece % Self.size)) == bytes.count,
                fdatasync(file) == 0
            else { throw BenchError("\(path) cannot be written") }
            times.append(Double(monotonicNow() - start) / 1000)
        }
        return times
    }
}
