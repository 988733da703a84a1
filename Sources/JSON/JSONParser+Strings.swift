extension JSONParser {
    /// Reads a string, the position being at its opening quote.
    mutating func string() throws(JSONFlaw) {
        let start = at
        var cursor = at + 1
        while true {
            let special = specialBytes(UnsafeRawPointer(source + cursor).loadUnaligned(as: UInt64.self).littleEndian)
            guard special != 0 else {
                cursor += 8
                continue
            }
            cursor += special.trailingZeroBitCount >> 3
            let byte = source[cursor]
            if byte == UInt8(ascii: "\"") {
                cursor += 1
                append(JSONNode(JSONNode.Tag.string, start: start, length: cursor - start))
                at = cursor
                return
            }
            if byte == UInt8(ascii: "\\") {
                try escapedString(from: start, firstEscape: cursor)
                return
            }
            cursor += try plainLength(at: cursor, of: start)
        }
    }

    /// The high bit of each byte that a string cannot simply contain: a quote, a backslash, a control character, or a
    /// part of a longer UTF-8 sequence. Bits above the lowest one may be wrong.
    @inline(__always)
    private func specialBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let matches =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
            | ((word &- ones &* 0x20) & ~word) | word
        return matches & highs
    }

    /// The length of the character at `cursor`, which may not be a quote or a backslash.
    private func plainLength(at cursor: Int, of start: Int) throws(JSONFlaw) -> Int {
        if source[cursor] < 0x20 {
            throw cursor >= end ? JSONFlaw(.unclosedString, start) : JSONFlaw(.control, cursor)
        }
        let length = utf8SequenceLength(source + cursor, available: end - cursor)
        guard length > 0 else { throw JSONFlaw(.notUTF8, cursor) }
        return length
    }

    @inline(never)
    private mutating func escapedString(from start: Int, firstEscape: Int) throws(JSONFlaw) {
        let target: UnsafeMutablePointer<UInt8>
        if let unescaped {
            target = unescaped
        } else {
            target = .allocate(capacity: end + 1)
            unescaped = target
        }
        let textStart = unescapedCount
        let prefix = firstEscape - (start + 1)
        (target + unescapedCount).initialize(from: source + start + 1, count: prefix)
        unescapedCount += prefix
        var cursor = firstEscape
        while source[cursor] != UInt8(ascii: "\"") {
            if source[cursor] == UInt8(ascii: "\\") {
                cursor = try escape(at: cursor, of: start, into: target)
                continue
            }
            let length = try plainLength(at: cursor, of: start)
            (target + unescapedCount).initialize(from: source + cursor, count: length)
            unescapedCount += length
            cursor += length
        }
        at = cursor + 1
        append(
            JSONNode(
                JSONNode.Tag.escapedString,
                start: start,
                length: at - start,
                link: UInt32(truncatingIfNeeded: textStart),
                count: unescapedCount - textStart
            )
        )
    }

    /// - Returns: the position after the escape.
    private mutating func escape(
        at cursor: Int,
        of start: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) throws(JSONFlaw) -> Int {
        let byte: UInt8
        switch source[cursor + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte = source[cursor + 1]
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "f"): byte = 0x0C
        case UInt8(ascii: "n"): byte = 0x0A
        case UInt8(ascii: "r"): byte = 0x0D
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "u"): return try unicodeEscape(at: cursor, into: target)
        default:
            throw cursor + 1 >= end ? JSONFlaw(.unclosedString, start) : JSONFlaw(.unknownEscape, cursor)
        }
        target[unescapedCount] = byte
        unescapedCount += 1
        return cursor + 2
    }

    private mutating func unicodeEscape(
        at cursor: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) throws(JSONFlaw) -> Int {
        var code = try hexadecimal(at: cursor)
        var after = cursor + 6
        if 0xD800...0xDFFF ~= code {
            guard code < 0xDC00, source[after] == UInt8(ascii: "\\"), source[after + 1] == UInt8(ascii: "u") else {
                throw JSONFlaw(.loneSurrogate, cursor)
            }
            let low = try hexadecimal(at: after)
            guard 0xDC00...0xDFFF ~= low else { throw JSONFlaw(.loneSurrogate, cursor) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            after += 6
        }
        if let scalar = Unicode.Scalar(code) {
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                target[unescapedCount] = byte
                unescapedCount += 1
            }
        }
        return after
    }

    /// The code unit of the `\uXXXX` at `cursor`.
    private func hexadecimal(at cursor: Int) throws(JSONFlaw) -> UInt32 {
        var code: UInt32 = 0
        for offset in 2..<6 {
            let byte = source[cursor + offset]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONFlaw(.unicodeEscape, cursor)
            }
            code = code << 4 | UInt32(digit)
        }
        return code
    }
}
