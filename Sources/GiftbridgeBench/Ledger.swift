#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the peer was asked for.
struct Ledger: Sendable {
    /// A request.
    struct Entry: Sendable, Equatable {
        let orderID: String
        /// CLOCK_MONOTONIC, nanoseconds.
        let arrival: Int64
        /// The codes it carried, with commas between them.
        let codes: String
    }

    let entries: [Entry]
    /// How many requests the peer counted.
    let requests: Int

    /// Reads the peer's file.
    init(path: String, requests: Int) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        entries = try data.split(separator: UInt8(ascii: "\n")).map { line in
            let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            guard fields.count == 3, let arrival = Int64(String(decoding: fields[1], as: UTF8.self)) else {
                throw BenchError("the peer's ledger cannot be read")
            }
            return Entry(
                orderID: String(decoding: fields[0], as: UTF8.self), arrival: arrival,
                codes: String(decoding: fields[2], as: UTF8.self))
        }
        self.requests = requests
    }

    /// When the first request came, CLOCK_MONOTONIC in nanoseconds.
    var firstArrival: Int64? { entries.lazy.map(\.arrival).min() }
}
