extension [UInt8] {
    /// The vendor's answer to a sale (vendor page `sales/create-order`), or its refusal of one without codes.
    mutating func replace(with request: UnsafeRawBufferPointer, _ sale: SaleScan) {
        removeAll(keepingCapacity: true)
        guard !sale.codes.isEmpty, !sale.orderID.isEmpty else {
            append(contentsOf: Self.refusal)
            return
        }
        let codes = sale.codes.reduce(0) { $0 + $1.count + 3 } - 1
        append(contentsOf: Self.head)
        append(contentsOf: "\(Self.start.count + sale.orderID.count + Self.middle.count + codes + 2)\r\n\r\n".utf8)
        append(contentsOf: Self.start)
        append(contentsOf: request[sale.orderID])
        append(contentsOf: Self.middle)
        for (index, code) in sale.codes.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(UInt8(ascii: "\""))
            append(contentsOf: request[code])
            append(UInt8(ascii: "\""))
        }
        append(UInt8(ascii: "]"))
        append(UInt8(ascii: "}"))
    }

    private static let head = Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ".utf8)
    private static let start = Array(#"{"message":"Order processed successfully!","order_reference":""#.utf8)
    private static let middle = Array(#"","voucher_codes":["#.utf8)
    private static let refusal = Array(
        (#"HTTP/1.1 422 Unprocessable Content"# + "\r\nContent-Type: application/json\r\nContent-Length: 57\r\n\r\n"
            + #"{"message":"The peer needs codes and order_id to repeat"}"#).utf8)
}
