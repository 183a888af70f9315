extension String {
    /// Replaces secrets by `…`, whichever case their ASCII letters are in, and leaves out NUL, which PostgreSQL cannot store.
    ///
    /// Bytes are compared, not characters: a combining mark behind a code does not hide it. If one secret is
    /// the beginning of another, the longer one counts, so that no part of it is left.
    ///
    /// - Parameter secrets: Empty ones are ignored.
    func blotting(_ secrets: [String]) -> String {
        func folded(_ text: some Sequence<UInt8>) -> [UInt8] {
            text.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        }
        let secrets = secrets.map { folded($0.utf8) }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
        let bytes = utf8.filter { $0 != 0 }
        let comparable = folded(bytes)
        // Most bytes do not begin a secret; looking them up in a table is faster than comparing each secret.
        var begins = [Bool](repeating: false, count: 256)
        for secret in secrets { begins[Int(secret[0])] = true }
        var blotted: [UInt8] = []
        blotted.reserveCapacity(bytes.count)
        var offset = 0
        while offset < bytes.count {
            if begins[Int(comparable[offset])],
                let secret = secrets.first(where: { comparable[offset...].starts(with: $0) })
            {
                blotted.append(contentsOf: "…".utf8)
                offset += secret.count
            } else {
                blotted.append(bytes[offset])
                offset += 1
            }
        }
        return String(decoding: blotted, as: UTF8.self)
    }
}
