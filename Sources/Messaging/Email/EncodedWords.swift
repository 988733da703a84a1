/// Text as encoded-words (RFC 2047), in UTF-8, Q or B, whichever is shorter.
///
/// Each word has at most 75 characters and each line at most 76. No character is split, and no grapheme whose parts
/// are within reach.
enum EncodedWords {
    /// `=?utf-8?Q?` and `?=`.
    private static let overhead = 12
    private static let maximumLine = 76
    private static let maximumPayload = 75 - overhead

    /// Below this, a word begins on a line of its own.
    private static let minimumPayload = 20

    /// How far back a place to cut is looked for, in scalars.
    private static let reach = 16

    /// Appends `text`, which is UTF-8, separated from what stands before by a space or a fold.
    ///
    /// - Parameters:
    ///   - column: the characters that already stand in the line.
    ///   - isName: to cut only behind spaces, where there are any, and to begin on a line of its own rather than
    ///     to cut. Python's parser, in 3.11 for one, keeps the space between two words of a display name.
    /// - Returns: the characters in the last line.
    static func append(_ text: Span<UInt8>, column: Int, isName: Bool = false, to out: inout [UInt8]) -> Int {
        var escaped = 0
        for index in 0..<text.count where !ASCIISet.encodedWord.contains(text[index]) && text[index] != 0x20 {
            escaped += 1
        }
        let lengthQ = text.count + 2 * escaped
        let lengthB = (text.count + 2) / 3 * 4
        let isQ = lengthQ <= lengthB
        let length = min(lengthQ, lengthB)
        var column = column
        var start = 0
        while start < text.count {
            var room = min(maximumPayload, maximumLine - overhead - 1 - column)
            if start > 0 || (length > room && (isName || room < minimumPayload)) {
                out.append("\r\n ")
                column = 1
                room = maximumPayload
            } else {
                out.append(0x20)
                column += 1
            }
            let limit = isQ ? endOfQ(text, from: start, room: room) : min(text.count, start + room / 4 * 3)
            let space = isName && limit < text.count ? lastSpace(in: text, from: start, to: limit) : nil
            let end = space.map { $0 + 1 } ?? cut(text, from: start, to: limit)
            let size = out.count
            if isQ {
                appendQ(text.extracting(start..<end), to: &out)
            } else {
                out.append("=?utf-8?B?")
                Base64.append(text.extracting(start..<end), to: &out)
            }
            out.append("?=")
            column += out.count - size
            start = end
        }
        return column
    }

    /// Where a Q word of `room` characters that begins at `start` has to end.
    private static func endOfQ(_ text: Span<UInt8>, from start: Int, room: Int) -> Int {
        var index = start
        var left = room
        while index < text.count {
            left -= ASCIISet.encodedWord.contains(text[index]) || text[index] == 0x20 ? 1 : 3
            if left < 0 { break }
            index += 1
        }
        return index
    }

    private static func appendQ(_ text: Span<UInt8>, to out: inout [UInt8]) {
        out.append("=?utf-8?Q?")
        for index in 0..<text.count {
            let byte = text[index]
            if ASCIISet.encodedWord.contains(byte) {
                out.append(byte)
            } else if byte == 0x20 {
                out.append(0x5f)
            } else {
                out.append(0x3d)
                out.append(hexadecimal: byte)
            }
        }
    }

    private static func lastSpace(in text: Span<UInt8>, from start: Int, to limit: Int) -> Int? {
        var index = limit - 1
        while index > start {
            if text[index] == 0x20 { return index }
            index -= 1
        }
        return nil
    }

    /// The last place not behind `limit` where no character, and if possible no grapheme, is cut; always behind
    /// `start`.
    private static func cut(_ text: Span<UInt8>, from start: Int, to limit: Int) -> Int {
        guard limit < text.count else { return text.count }
        var end = limit
        while end > start, text[end] & 0xc0 == 0x80 { end -= 1 }
        let betweenScalars = end
        for _ in 0..<reach {
            guard end > start else { break }
            if !isInsideGrapheme(text, at: end) { return end }
            repeat { end -= 1 } while end > start && text[end] & 0xc0 == 0x80
        }
        return betweenScalars
    }

    /// Whether the scalars on both sides of `index` belong to one grapheme, as far as marks, joiners, conjuncts,
    /// emoji modifiers and flags go.
    private static func isInsideGrapheme(_ text: Span<UInt8>, at index: Int) -> Bool {
        guard let after = scalar(in: text, at: index) else { return false }
        var start = index
        repeat { start -= 1 } while start > 0 && text[start] & 0xc0 == 0x80
        guard let before = scalar(in: text, at: start) else { return false }
        if before.isASCII && after.isASCII { return false }
        let properties = after.properties
        if before == "\u{200D}" || after == "\u{200D}" || properties.isGraphemeExtend || properties.isEmojiModifier
            || properties.generalCategory == .spacingMark || before.properties.canonicalCombiningClass == .virama
        {
            return true
        }
        guard isRegionalIndicator(before), isRegionalIndicator(after) else { return false }
        var indicators = 0
        while start >= 0, let scalar = scalar(in: text, at: start), isRegionalIndicator(scalar) {
            indicators += 1
            start -= 4
        }
        return !indicators.isMultiple(of: 2)
    }

    private static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool {
        (0x1f1e6...0x1f1ff).contains(scalar.value)
    }

    /// The scalar whose first byte stands at `index`; `nil` inside one.
    private static func scalar(in text: Span<UInt8>, at index: Int) -> Unicode.Scalar? {
        let first = UInt32(text[index])
        let length: Int
        var value: UInt32
        switch first {
        case 0..<0x80: return Unicode.Scalar(first)
        case 0xc0..<0xe0: (length, value) = (2, first & 0x1f)
        case 0xe0..<0xf0: (length, value) = (3, first & 0x0f)
        case 0xf0..<0xf8: (length, value) = (4, first & 0x07)
        default: return nil
        }
        guard index + length <= text.count else { return nil }
        for offset in 1..<length { value = value << 6 | UInt32(text[index + offset] & 0x3f) }
        return Unicode.Scalar(value)
    }
}
