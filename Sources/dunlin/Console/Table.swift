/// Columns that align: numbers to the right, text to the left.
struct Table {
    enum Alignment { case left, right }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ columns: [(String, Alignment)]) {
        titles = columns.map { Console.harmless($0.0) }
        alignments = columns.map(\.1)
    }

    mutating func add(_ cells: [String]) {
        rows.append(cells.map { Console.harmless($0) })
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Without a line end behind the last row.
    var text: String {
        let widths = titles.indices.map { column in
            ([titles] + rows).map { Table.width($0[column]) }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            var line = ""
            for (column, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - Table.width(cell))
                line += alignments[column] == .left ? cell + padding : padding + cell
                if column < cells.count - 1 { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        return ([Console.style(line(titles), .dim)] + rows.map(line)).joined(separator: "\n")
    }

    /// Columns that a terminal needs for it: wide characters take two, and colours none.
    private static func width(_ text: String) -> Int {
        var width = 0
        var inEscape = false
        for character in text {
            if character == "\u{1b}" {
                inEscape = true
            } else if inEscape {
                inEscape = !character.isLetter
            } else {
                width += isWide(character) ? 2 : 1
            }
        }
        return width
    }

    private static func isWide(_ character: Character) -> Bool {
        guard let scalar = character.unicodeScalars.first else { return false }
        return switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            true
        default: scalar.properties.isEmojiPresentation
        }
    }
}
