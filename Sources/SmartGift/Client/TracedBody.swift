import NIOCore
import Synchronization

/// A request body that knows whether it was asked for.
///
/// AsyncHTTPClient asks a custom `Collection` for its bytes only after it has written the request's head on a connection.
/// *Never asked* therefore means that no complete request can have left: DNS, connect and TLS failures, a pool without a
/// connection in time. This rests on that library's version, which Package.swift pins, and is proven by VendorClientTests.
struct TracedBody: Collection, Sendable {
    private let bytes: [UInt8]
    private let asked = Asked()

    private final class Asked: Sendable {
        let flag = Atomic(false)
    }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether some byte of the body may have left.
    var wasAskedFor: Bool { asked.flag.load(ordering: .acquiring) }

    private func markAsked() { asked.flag.store(true, ordering: .releasing) }

    var startIndex: Int { bytes.startIndex }
    var endIndex: Int { bytes.endIndex }
    var count: Int { bytes.count }
    func index(after index: Int) -> Int { bytes.index(after: index) }

    subscript(position: Int) -> UInt8 {
        markAsked()
        return bytes[position]
    }

    func makeIterator() -> IndexingIterator<[UInt8]> {
        markAsked()
        return bytes.makeIterator()
    }

    func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result? {
        markAsked()
        return try bytes.withContiguousStorageIfAvailable(body)
    }
}
