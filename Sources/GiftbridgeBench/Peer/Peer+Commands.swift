import Glibc

/// What the benchmark says to its peer, on standard input.
extension Peer {
    /// Reads commands.
    ///
    /// - Returns: False at the end of the input.
    func obey() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 256)
        let count = read(STDIN_FILENO, &piece, piece.count)
        guard count > 0 else {
            if count < 0, errno == EINTR { return true }
            if guarded > 0 { kill(guarded, SIGKILL) }
            return false
        }
        commands += piece.prefix(count)
        while let newline = commands.firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: commands[..<newline], as: UTF8.self).split(separator: " ")
            commands.removeSubrange(...newline)
            if words.first == "delay", words.count == 2, let nanoseconds = Int64(words[1]) {
                delay = nanoseconds
                print("ok")
            } else if words.first == "guard", words.count == 2, let pid = Int32(words[1]) {
                guarded = pid
                print("ok")
            } else if words == ["flush"] {
                print("ok \(ledger.count)")
                try ledger.flush(to: ledgerPath)
            } else {
                print("unknown command")
            }
            fflush(nil)
        }
        return true
    }
}
