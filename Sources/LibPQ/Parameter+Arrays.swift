extension Parameter {
    /// `text[]`, with NULL for `nil`.
    public static func textArray(_ values: [String?]) -> Parameter {
        let bytes = BinaryValue.array(of: TypeOID.text, values, sizeHint: 32) { $1.append(contentsOf: $0.utf8) }
        let hasNUL = values.contains { $0?.utf8.contains(0) ?? false }
        return Parameter(binary: bytes, type: TypeOID.textArray, hasNUL: hasNUL)
    }

    /// `bigint[]`, with NULL for `nil`. Where an `integer[]` is needed write `$1::integer[]`.
    public static func intArray(_ values: [Int?]) -> Parameter {
        let bytes = BinaryValue.array(of: TypeOID.int8, values, sizeHint: 8) { $1.append(bigEndian: Int64($0)) }
        return Parameter(binary: bytes, type: TypeOID.int8Array)
    }

    /// `boolean[]`, with NULL for `nil`.
    public static func boolArray(_ values: [Bool?]) -> Parameter {
        let bytes = BinaryValue.array(of: TypeOID.bool, values, sizeHint: 1) { $1.append($0 ? 1 : 0) }
        return Parameter(binary: bytes, type: TypeOID.boolArray)
    }

    /// `interval[]`, with NULL for `nil`; resolution and range as in ``interval(_:)``.
    public static func intervalArray(_ values: [Duration?]) -> Parameter {
        let bytes = BinaryValue.array(of: TypeOID.interval, values, sizeHint: 16) {
            $1.append(contentsOf: BinaryValue.interval($0))
        }
        return Parameter(binary: bytes, type: TypeOID.intervalArray)
    }
}

/// PostgreSQL's binary forms: integers are big-endian.
enum BinaryValue {
    /// What `array_recv` reads: dimensions, whether there are NULLs, the elements' type; length and lower bound of
    /// the one dimension; then every element with its length, -1 for NULL.
    static func array<Element>(
        of elementType: UInt32,
        _ values: [Element?],
        sizeHint: Int,
        append: (Element, inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.count * (4 + sizeHint))
        bytes.append(bigEndian: Int32(values.isEmpty ? 0 : 1))
        bytes.append(bigEndian: Int32(values.contains { $0 == nil } ? 1 : 0))
        bytes.append(bigEndian: elementType)
        if values.isEmpty { return bytes }
        bytes.append(bigEndian: Int32(values.count))
        bytes.append(bigEndian: Int32(1))
        for value in values {
            let lengthAt = bytes.count
            bytes.append(bigEndian: Int32(-1))
            guard let value else { continue }
            append(value, &bytes)
            bytes.replace(at: lengthAt, bigEndian: Int32(bytes.count - lengthAt - 4))
        }
        return bytes
    }

    /// What `interval_recv` reads: microseconds, days, months.
    static func interval(_ duration: Duration) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        bytes.append(bigEndian: microseconds(duration))
        bytes.append(bigEndian: Int64(0))
        return bytes
    }

    /// To the nearest microsecond, halves away from zero, clamped to what `Int64` holds.
    static func microseconds(_ duration: Duration) -> Int64 {
        let perMicrosecond: Int128 = 1_000_000_000_000
        let half = duration < .zero ? -perMicrosecond / 2 : perMicrosecond / 2
        return Int64(clamping: (duration.attoseconds + half) / perMicrosecond)
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    mutating func replace(at index: Int, bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { replaceSubrange(index..<index + $0.count, with: $0) }
    }
}
