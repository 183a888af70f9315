import Giftbridge

/// A table of text. Each column is as wide as its widest cell; the last one is cut at the terminal's edge.
struct TextTable {
    /// A column's title and alignment.
    struct Column {
        let title: String
        var isRight = false
    }

    /// A cell's text, and how it looks on a terminal.
    struct Cell: ExpressibleByStringLiteral {
        let text: String
        var style: Terminal.Style?

        init(_ text: String, _ style: Terminal.Style? = nil) {
            self.text = text.printable
            self.style = style
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    let columns: [Column]
    /// One cell per column each.
    private(set) var rows: [(cells: [Cell], notes: [String])] = []

    /// - Parameter titles: A title that begins with `>` aligns its column to the right.
    init(_ titles: String...) {
        columns = titles.map {
            $0.hasPrefix(">") ? Column(title: String($0.dropFirst()), isRight: true) : Column(title: $0)
        }
    }

    /// Adds a row.
    ///
    /// - Parameter notes: Lines below it.
    mutating func add(_ cells: Cell..., notes: [String] = []) {
        rows.append((cells, notes))
    }

    func lines(_ terminal: Terminal) -> [String] {
        let widths = columns.indices.map { column in
            max(columns[column].title.count, rows.map { $0.cells[column].text.count }.max() ?? 0)
        }
        let titles = columns.map { Cell($0.title) }
        var lines = [terminal.styled(line(titles, widths, Terminal(isTerminal: false, width: terminal.width)), .dim)]
        for row in rows {
            lines.append(line(row.cells, widths, terminal))
            for note in row.notes {
                lines += terminal.wrapped("↳ " + note, indent: 2).map { terminal.styled($0, .dim) }
            }
        }
        return lines
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ terminal: Terminal) -> String {
        var line = ""
        var used = 0
        for (column, cell) in cells.enumerated() {
            let isLast = column == cells.count - 1
            var text = cell.text
            if isLast, let width = terminal.width, used + text.count > width {
                text = String(text.prefix(max(width - used - 1, 0))) + "…"
            }
            let fill = "".padded(widths[column] - text.count)
            let isRight = columns[column].isRight
            line +=
                (isRight ? fill : "") + terminal.styled(text, cell.style) + (isRight || isLast ? "" : fill)
                + (isLast ? "" : "  ")
            used += widths[column] + 2
        }
        return line
    }
}
