import Giftbridge
import Glibc

/// Where standard output goes: a terminal has colours and a width; anything else gets plain text of any width.
struct Terminal: Sendable {
    let isTerminal: Bool
    /// Characters on a line; nil: any number.
    let width: Int?

    static var standard: Terminal {
        guard isatty(STDOUT_FILENO) == 1 else { return Terminal(isTerminal: false, width: nil) }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return Terminal(isTerminal: getenv("NO_COLOR") == nil, width: isKnown ? Int(size.ws_col) : 80)
    }

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case green = "32"
        case yellow = "33"
        case red = "31"
    }

    /// The text in a style, on a terminal.
    func styled(_ text: String, _ style: Style?) -> String {
        guard isTerminal, let style, !text.isEmpty else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// A text broken between words into lines of the terminal's width, each indented by `indent` spaces.
    func wrapped(_ text: String, indent: Int = 0) -> [String] {
        let space = String(repeating: " ", count: indent)
        guard let width else { return [space + text.printable] }
        var lines: [String] = []
        var line = ""
        for word in text.printable.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(space + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [space + line]
    }
}

/// Shows what was printed at once, also where standard output is a pipe.
func flushStandardOutput() {
    fflush(nil)
}

extension String {
    /// Fills up with spaces to a width in characters.
    func padded(_ width: Int, right: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - count))
        return right ? fill + self : self + fill
    }
}

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
