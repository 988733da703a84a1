import Glibc

/// Quoted-printable (RFC 2045, 6.7).
enum QuotedPrintable {
    private static let maximumLine = 76

    /// Appends `text`, its line ends as CRLF.
    ///
    /// Beyond what the standard asks for, a dot and the word `From` at the beginning of a line are encoded, so that no
    /// careless relay changes them. `=_` can never occur in the result.
    static func append(_ text: Span<UInt8>, to out: inout [UInt8]) {
        out.append(addingCapacity: maximumLength(of: text.count)) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                text.withUnsafeBufferPointer { source in
                    guard let target = buffer.baseAddress, let start = source.baseAddress else { return }
                    count += encode(start, count: source.count, into: target)
                }
            }
        }
    }

    /// Three characters for each byte, and a soft line break of three in at least 73.
    private static func maximumLength(of count: Int) -> Int { 3 * count + count / 7 + 64 }

    /// Writes at most ``maximumLength(of:)`` characters; returns their number.
    private static func encode(
        _ source: UnsafePointer<UInt8>,
        count: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var position = 0
        var column = 0
        var index = 0
        while index < count {
            let end = endOfRun(source, from: index, count: count, column: column)
            if end > index {
                memcpy(target + position, source + index, end - index)
                position += end - index
                column += end - index
                index = end
                continue
            }
            let byte = source[index]
            if byte == 0x0a || byte == 0x0d {
                index += byte == 0x0d && index + 1 < count && source[index + 1] == 0x0a ? 2 : 1
                target[position] = 0x0d
                target[position + 1] = 0x0a
                position += 2
                column = 0
                continue
            }
            let endsLine = isLineEnd(source, at: index + 1, count: count)
            var plain = byte == 0x20 || byte == 0x09 ? !endsLine : byte &- 0x21 < 0x5e && byte != 0x3d
            if column + (plain ? 1 : 3) > maximumLine - (endsLine ? 0 : 1) {
                target[position] = 0x3d
                target[position + 1] = 0x0d
                target[position + 2] = 0x0a
                position += 3
                column = 0
            }
            if column == 0, byte == 0x2e || isFrom(source, at: index, count: count) { plain = false }
            if plain {
                target[position] = byte
                position += 1
                column += 1
            } else {
                target[position] = 0x3d
                target[position + 1] = byte.highHexadecimalDigit
                target[position + 2] = byte.lowHexadecimalDigit
                position += 3
                column += 3
            }
            index += 1
        }
        return position
    }

    /// The end of the bytes from `start` on that stand for themselves in what is left of the line.
    @inline(__always)
    private static func endOfRun(_ source: UnsafePointer<UInt8>, from start: Int, count: Int, column: Int) -> Int {
        if column == 0, source[start] == 0x2e || source[start] == 0x46 { return start }
        let limit = min(count, start + maximumLine - 1 - column)
        var end = start
        while end + 8 <= limit {
            let word = UnsafeRawPointer(source).loadUnaligned(fromByteOffset: end, as: UInt64.self).littleEndian
            let marks = word.unprintableBytes | word.bytes(equalTo: 0x3d)
            end += marks == 0 ? 8 : marks.bytesBelowMark
            if marks != 0 { break }
        }
        while end < limit, source[end] &- 0x20 < 0x5f, source[end] != 0x3d { end += 1 }
        if end > start, source[end - 1] == 0x20, isLineEnd(source, at: end, count: count) { end -= 1 }
        return end
    }

    @inline(__always)
    private static func isLineEnd(_ source: UnsafePointer<UInt8>, at index: Int, count: Int) -> Bool {
        index == count || source[index] == 0x0a || source[index] == 0x0d
    }

    @inline(__always)
    private static func isFrom(_ source: UnsafePointer<UInt8>, at index: Int, count: Int) -> Bool {
        source[index] == 0x46 && index + 4 < count && source[index + 1] == 0x72 && source[index + 2] == 0x6f
            && source[index + 3] == 0x6d && source[index + 4] == 0x20
    }
}
