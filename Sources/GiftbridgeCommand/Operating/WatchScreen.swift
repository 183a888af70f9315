/// A view that is shown again and again: on a terminal in one place, without flicker; else one after the other.
struct WatchScreen: Sendable {
    private let isTerminal: Bool

    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
        // A screen of its own, without cursor: what was there before comes back.
        if isTerminal { print("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J", terminator: "") }
    }

    func show(_ lines: [String]) {
        guard isTerminal else {
            for line in lines { print(line) }
            print()
            return flushStandardOutput()
        }
        // Each line over the old one, and the rest of it cleared: nothing is ever blank for a moment.
        print("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\n\u{1B}[J", terminator: "")
        flushStandardOutput()
    }

    func close() {
        if isTerminal { print("\u{1B}[?25h\u{1B}[?1049l", terminator: "") }
        flushStandardOutput()
    }
}
