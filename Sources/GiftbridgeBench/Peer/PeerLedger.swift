import Glibc

/// What the peer was asked for, a line each: `order_id`, arrival (CLOCK_MONOTONIC, ns), codes with commas between them.
struct PeerLedger {
    /// A fault of the ledger, so that a test can see the benchmark find it.
    enum Fault: String, CaseIterable {
        /// One request is not noted.
        case forget
        /// One request is noted twice.
        case twice
        /// One request is noted with another code.
        case otherCode = "other_code"
    }

    private(set) var count = 0
    private var lines: [UInt8] = []
    private let fault: Fault?
    /// The request that the fault strikes.
    private static let struck = 8

    init(fault: Fault?) {
        self.fault = fault
        lines.reserveCapacity(1 << 20)
    }

    mutating func note(_ bytes: UnsafeRawBufferPointer, _ sale: SaleScan, at arrival: Int64) {
        count += 1
        let fault = count == Self.struck ? fault : nil
        if fault == .forget { return }
        for _ in 0..<(fault == .twice ? 2 : 1) {
            lines.append(contentsOf: bytes[sale.orderID])
            lines.append(UInt8(ascii: "\t"))
            lines.append(contentsOf: "\(arrival)".utf8)
            lines.append(UInt8(ascii: "\t"))
            for (index, code) in sale.codes.enumerated() {
                if index > 0 { lines.append(UInt8(ascii: ",")) }
                if fault == .otherCode { lines.append(UInt8(ascii: "X")) }
                lines.append(contentsOf: bytes[code])
            }
            lines.append(UInt8(ascii: "\n"))
        }
    }

    /// Writes all lines to a file and begins again.
    mutating func flush(to path: String) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure() }
        defer { close(file) }
        var written = 0
        while written < lines.count {
            let count = lines.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
            guard count > 0 else { throw Failure() }
            written += count
        }
        lines.removeAll(keepingCapacity: true)
        count = 0
    }

    /// The ledger's file could not be written.
    struct Failure: Error {}
}
