/// What the parser met, small enough to throw from the hot path; it becomes a `JSONError` once parsing is over.
struct JSONFlaw: Error {
    enum Kind {
        case expectedValue
        case expectedValueAfterComma
        case expectedName
        case expectedNameOrBrace
        case expectedColon
        case expectedCommaOrBrace
        case expectedCommaOrBracket
        case expectedEnd
        case expectedDigit
        case leadingZero
        case unclosedString
        case control
        case unknownEscape
        case unicodeEscape
        case loneSurrogate
        case notUTF8
        case duplicateName
        case tooDeep
        case byteOrderMark
    }

    var kind: Kind
    var offset: Int

    init(_ kind: Kind, _ offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// - Parameter depth: the limit that `tooDeep` names.
    func error(in bytes: UnsafeRawBufferPointer, depth: Int) -> JSONError {
        let position = TextPosition(of: offset, in: bytes)
        return JSONError(
            message: message(in: bytes, depth: depth),
            line: position.line,
            column: position.column,
            offset: offset
        )
    }

    private func message(in bytes: UnsafeRawBufferPointer, depth: Int) -> String {
        switch kind {
        case .expectedValue: "a value was expected, but \(found(in: bytes))"
        case .expectedValueAfterComma: "a value was expected after the ',', but \(found(in: bytes))"
        case .expectedName: "a name in double quotes was expected, but \(found(in: bytes))"
        case .expectedNameOrBrace: "a name in double quotes or a '}' was expected, but \(found(in: bytes))"
        case .expectedColon: "a ':' was expected after the name, but \(found(in: bytes))"
        case .expectedCommaOrBrace: "a ',' or '}' was expected, but \(found(in: bytes))"
        case .expectedCommaOrBracket: "a ',' or ']' was expected, but \(found(in: bytes))"
        case .expectedEnd: "the end was expected after the value, but \(found(in: bytes))"
        case .expectedDigit: "a digit was expected in the number, but \(found(in: bytes))"
        case .leadingZero: "a number must not begin with a 0 that more digits follow"
        case .unclosedString: "the string that begins here is not closed"
        case .control: "the control character \(codePoint(in: bytes)) must be escaped in a string"
        case .unknownEscape: "the escape '\(text(in: bytes, length: 2))' is not known"
        case .unicodeEscape: "four hexadecimal digits were expected after '\\u'"
        case .loneSurrogate: "the surrogate '\(text(in: bytes, length: 6))' lacks its other half"
        case .notUTF8: "the byte 0x\(hexadecimal(bytes[offset], digits: 2)) is not valid UTF-8 here"
        case .duplicateName: "the name \(name(in: bytes)) stands twice in this object"
        case .tooDeep: "arrays and objects are nested deeper than \(depth) levels"
        case .byteOrderMark: "a byte order mark must not begin the text"
        }
    }

    private func found(in bytes: UnsafeRawBufferPointer) -> String {
        guard offset < bytes.count else { return "the text ends here" }
        let byte = bytes[offset]
        let word = bytes[offset...].prefix(20).prefix { 0x41...0x5A ~= $0 & 0xDF || $0 == 0x5F }
        if word.count > 1 { return "'\(String(decoding: word, as: UTF8.self))' stands here" }
        if byte < 0x20 || byte == 0x7F { return "\(codePoint(in: bytes)) stands here" }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...]).assumingMemoryBound(to: UInt8.self)
        let length = rest.baseAddress.map { utf8SequenceLength($0, available: rest.count) } ?? 0
        if length == 0 { return "the byte 0x\(hexadecimal(byte, digits: 2)) stands here" }
        return "'\(text(in: bytes, length: length))' stands here"
    }

    private func text(in bytes: UnsafeRawBufferPointer, length: Int) -> String {
        String(decoding: bytes[offset...].prefix(length), as: UTF8.self)
    }

    /// The name as it is written, with its quotes.
    private func name(in bytes: UnsafeRawBufferPointer) -> String {
        var end = offset + 1
        while end < bytes.count, bytes[end] != 0x22 {
            end += bytes[end] == 0x5C ? 2 : 1
        }
        return text(in: bytes, length: end + 1 - offset)
    }

    private func codePoint(in bytes: UnsafeRawBufferPointer) -> String {
        "U+" + hexadecimal(bytes[offset], digits: 4)
    }

    private func hexadecimal(_ byte: UInt8, digits: Int) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
