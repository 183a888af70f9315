/// A display that is refreshed: in place and without flicker on a terminal; otherwise one after the other.
struct WatchScreen: Sendable {
    private let isTerminal: Bool

    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
        // The alternate screen, without a cursor; the terminal restores the former contents afterwards.
        if isTerminal { print("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J", terminator: "") }
    }

    func show(_ lines: [String]) {
        guard isTerminal else {
            for line in lines { print(line) }
            print()
            return flushStandardOutput()
        }
        // Overwrites each line and clears its rest, so that the screen never flickers.
        print("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\n\u{1B}[J", terminator: "")
        flushStandardOutput()
    }

    func close() {
        if isTerminal { print("\u{1B}[?25h\u{1B}[?1049l", terminator: "") }
        flushStandardOutput()
    }
}
