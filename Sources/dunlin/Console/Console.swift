import Foundation

/// Text for people: colours only on a terminal, and only if they are wanted (<https://no-color.org>).
enum Console {
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    static let isTerminal = isatty(STDOUT_FILENO) == 1
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    private static let wantsColor =
        isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    static func style(_ text: String, _ style: Style) -> String {
        wantsColor ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    static func print(_ text: String = "") {
        write(Array((text + "\n").utf8), to: STDOUT_FILENO)
    }

    static func error(_ text: String) {
        write(Array((harmless(text, keepingLines: true) + "\n").utf8), to: STDERR_FILENO)
    }

    /// Text from outside without what would move a terminal's cursor, set its title or turn its reading direction; colours
    /// that were set here stay.
    static func harmless(_ text: String, keepingLines: Bool = false) -> String {
        let scalars = Array(text.unicodeScalars)
        guard scalars.contains(where: isHarmful) else { return text }
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\u{1b}", let end = endOfStyle(scalars, index) {
                result.append(contentsOf: scalars[index...end])
                index = end
            } else if isHarmful(scalar), !(keepingLines && scalar == "\n") {
                result.append("?")
            } else {
                result.append(scalar)
            }
            index += 1
        }
        return String(result)
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    /// The index of the `m` that ends an escape sequence which only sets a style.
    private static func endOfStyle(_ scalars: [Unicode.Scalar], _ start: Int) -> Int? {
        var index = start + 1
        guard index < scalars.count, scalars[index] == "[" else { return nil }
        index += 1
        while index < scalars.count, ("0"..."9").contains(scalars[index]) || scalars[index] == ";" { index += 1 }
        return index < scalars.count && scalars[index] == "m" ? index : nil
    }

    static func write(_ bytes: [UInt8], to file: Int32 = STDOUT_FILENO) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0, errno != EINTR { exit(errno == EPIPE ? 0 : 74) }
            offset += max(0, count)
        }
    }

    /// A line that is overwritten by the next; nothing when standard error is no terminal.
    static func progress(_ text: String) {
        guard errorIsTerminal else { return }
        write(Array("\r\u{1b}[2K\(text)".utf8), to: STDERR_FILENO)
    }

    static func endProgress() {
        guard errorIsTerminal else { return }
        write(Array("\r\u{1b}[2K".utf8), to: STDERR_FILENO)
    }

    /// Asks on the terminal; `false` when there is none.
    static func confirm(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1, errorIsTerminal else { return false }
        write(Array("\(question) [y/N] ".utf8), to: STDERR_FILENO)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    /// Who runs the command, for the stories of messages and the audit log.
    static var user: String { "\(NSUserName()) on the command line" }
}
