/// Writes what stands behind a header's `Name:`, folded, up to and including the line end.
///
/// Values are UTF-8 without control characters: whoever takes a value in checks it with ``check(_:place:)``.
enum HeaderValue {
    /// What a line should not exceed, without its end (RFC 5322, 2.1.1).
    static let preferredLine = 78

    /// Refuses what would break the header: line breaks, NUL, every other control character, and what is not UTF-8.
    static func check(_ value: Span<UInt8>, place: String) throws(EmailMessageError) {
        var isASCII = true
        for index in 0..<value.count {
            let byte = value[index]
            if byte < 0x20 || byte == 0x7f { throw .controlCharacter(in: place, Unicode.Scalar(byte)) }
            if byte >= 0x80 { isASCII = false }
        }
        if isASCII { return }
        guard value.isUTF8 else { throw .notUTF8(place) }
        for index in 0..<value.count - 1 {
            if value[index] == 0xc2, value[index + 1] < 0xa0 {
                throw .controlCharacter(in: place, Unicode.Scalar(value[index + 1]))
            }
            if value[index] == 0xe2, value[index + 1] == 0x80, value[index + 2] == 0xa8 || value[index + 2] == 0xa9 {
                throw .controlCharacter(in: place, value[index + 2] == 0xa8 ? "\u{2028}" : "\u{2029}")
            }
        }
    }

    /// Appends free text: as it is where a parser would read it back unchanged, else as encoded-words.
    ///
    /// - Parameter column: the length of `Name:`, which already stands in the line.
    static func appendText(_ text: Span<UInt8>, column: Int, to out: inout [UInt8]) {
        if !canStandPlain(text) || !appendFolded(text, column: column, maximumLine: preferredLine, to: &out) {
            _ = EncodedWords.append(text, column: column, to: &out)
        }
        out.append("\r\n")
    }

    /// Appends ASCII that must not be encoded, folded at its spaces; `false`, and nothing is appended, where a line
    /// would exceed `maximumLine`.
    static func appendStructured(_ text: Span<UInt8>, column: Int, maximumLine: Int, to out: inout [UInt8]) -> Bool {
        guard appendFolded(text, column: column, maximumLine: maximumLine, to: &out) else { return false }
        out.append("\r\n")
        return true
    }

    /// Whether `text` is ASCII, has no spaces at its ends, and nothing that looks like an encoded-word.
    private static func canStandPlain(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0 else { return true }
        if text[0] == 0x20 || text[text.count - 1] == 0x20 { return false }
        var before: UInt8 = 0
        for index in 0..<text.count {
            let byte = text[index]
            if byte >= 0x80 || (byte == 0x3f && before == 0x3d) { return false }
            before = byte
        }
        return true
    }

    /// Appends a space and `text`, folded before spaces: lines keep to the preferred length where the spaces allow it.
    private static func appendFolded(
        _ text: Span<UInt8>,
        column: Int,
        maximumLine: Int,
        to out: inout [UInt8]
    ) -> Bool {
        let size = out.count
        out.append(0x20)
        if column + 1 + text.count <= preferredLine {
            out.append(text)
            return true
        }
        var column = column + 1
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] == 0x20 { end += 1 }
            while end < text.count, text[end] != 0x20 { end += 1 }
            if start > 0, column + end - start > preferredLine {
                out.append("\r\n")
                column = 0
            }
            column += end - start
            if column > maximumLine {
                out.removeLast(out.count - size)
                return false
            }
            out.append(text.extracting(start..<end))
            start = end
        }
        return true
    }

    /// Appends a mailbox: the name as words, as a quoted string or as encoded-words, whichever it needs, and the
    /// address with A-labels.
    static func appendMailbox(_ mailbox: Mailbox, column: Int, to out: inout [UInt8]) {
        var column = column
        var needsBrackets = false
        var maximumLine = preferredLine
        if let name = mailbox.name {
            needsBrackets = true
            let bytes = name.utf8.span
            switch form(of: bytes) {
            case .words:
                out.append(0x20)
                out.append(bytes)
                column += 1 + bytes.count
            case .quoted:
                column += appendQuoted(bytes, to: &out)
            case .encoded:
                column = EncodedWords.append(bytes, column: column, isName: true, to: &out)
                maximumLine = 76
            }
        }
        let length = mailbox.address.pathLength + (needsBrackets ? 3 : 1)
        if needsBrackets, column + length > maximumLine { out.append("\r\n") }
        out.append(0x20)
        if needsBrackets { out.append(0x3c) }
        mailbox.address.appendPath(to: &out)
        if needsBrackets { out.append(0x3e) }
        out.append("\r\n")
    }

    private enum NameForm { case words, quoted, encoded }

    /// A longer name is encoded, which can be folded anywhere.
    private static let maximumPlainName = 60

    private static func form(of name: Span<UInt8>) -> NameForm {
        if name.count > maximumPlainName { return .encoded }
        var form = NameForm.words
        var before: UInt8 = 0x20
        for index in 0..<name.count {
            let byte = name[index]
            if byte >= 0x80 || (byte == 0x3f && before == 0x3d) { return .encoded }
            if byte == 0x20 ? before == 0x20 : !ASCIISet.atom.contains(byte) { form = .quoted }
            before = byte
        }
        return form
    }

    private static func appendQuoted(_ name: Span<UInt8>, to out: inout [UInt8]) -> Int {
        let size = out.count
        out.append(" \"")
        for index in 0..<name.count {
            if name[index] == 0x22 || name[index] == 0x5c { out.append(0x5c) }
            out.append(name[index])
        }
        out.append(0x22)
        return out.count - size
    }
}
