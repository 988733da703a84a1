import Glibc

/// A text part's words on their way into a message.
///
/// Line ends become CRLF whatever they were: LF, CRLF, or CR alone. Text goes as it is (`7bit`) when it is ASCII with
/// lines of at most 998 characters, without control characters other than the tab and without `=_`, which begins every
/// ``Boundary``; otherwise as quoted-printable or base64, whichever is shorter.
enum BodyText {
    private static let maximumLine = 998

    /// Refuses NUL, and what is not UTF-8.
    static func check(_ text: Span<UInt8>, place: String) throws(EmailMessageError) {
        if contains(0, text) { throw .nulByte(in: place) }
        if !text.isUTF8 { throw .notUTF8(place) }
    }

    /// Appends the header fields that describe the part, an empty line, and the part. `text` holds no NUL and is UTF-8.
    static func appendPart(_ text: Span<UInt8>, subtype: StaticString, to out: inout [UInt8]) {
        out.append("Content-Type: text/")
        out.append(subtype)
        out.append("; charset=utf-8\r\nContent-Transfer-Encoding: ")
        let size = out.count
        out.append("7bit\r\n\r\n")
        if appendPlain(text, to: &out) { return }
        out.removeLast(out.count - size)
        if isShorterInBase64(text) {
            out.append("base64\r\n\r\n")
            Base64.appendLines(canonical(text).span, to: &out)
        } else {
            out.append("quoted-printable\r\n\r\n")
            QuotedPrintable.append(text, to: &out)
        }
    }

    /// Appends `text` with canonical line ends; `false`, and nothing is appended, where it cannot go as `7bit`.
    ///
    /// Eight bytes are looked at together: only a byte below 32, above 126 or at a line's end stops the walk.
    private static func appendPlain(_ text: Span<UInt8>, to out: inout [UInt8]) -> Bool {
        if containsBoundaryStart(text) { return false }
        var isPlain = false
        out.append(addingCapacity: 2 * text.count) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                text.withUnsafeBytes { source in
                    guard let target = buffer.baseAddress, let start = source.baseAddress else {
                        isPlain = source.isEmpty
                        return
                    }
                    guard let length = copyPlain(start, count: source.count, to: target) else { return }
                    count += length
                    isPlain = true
                }
            }
        }
        return isPlain
    }

    /// Copies `count` bytes with canonical line ends to `target`, which has room for twice as many; returns how many
    /// bytes that gave, or `nil` at the first that cannot go as `7bit`.
    private static func copyPlain(
        _ source: UnsafeRawPointer,
        count: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        var written = 0
        var lineStart = 0
        var index = 0
        while index < count {
            if index + 8 <= count {
                let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
                let marks = word.unprintableBytes
                if marks == 0 {
                    index += 8
                    continue
                }
                index += marks.bytesBelowMark
            }
            let byte = source.load(fromByteOffset: index, as: UInt8.self)
            if byte >= 0x20 && byte < 0x7f || byte == 0x09 {
                index += 1
                continue
            }
            guard byte == 0x0a || byte == 0x0d, index - lineStart <= maximumLine else { return nil }
            memcpy(target + written, source + lineStart, index - lineStart)
            written += index - lineStart
            target[written] = 0x0d
            target[written + 1] = 0x0a
            written += 2
            index += 1
            if byte == 0x0d, index < count, source.load(fromByteOffset: index, as: UInt8.self) == 0x0a { index += 1 }
            lineStart = index
        }
        guard count - lineStart <= maximumLine else { return nil }
        memcpy(target + written, source + lineStart, count - lineStart)
        return written + count - lineStart
    }

    private static func containsBoundaryStart(_ text: Span<UInt8>) -> Bool {
        text.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            var offset = 0
            while offset < bytes.count, let found = memchr(start + offset, 0x5f, bytes.count - offset) {
                let index = UnsafeRawPointer(found) - start
                if index > 0, bytes[index - 1] == 0x3d { return true }
                offset = index + 1
            }
            return false
        }
    }

    private static func contains(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
        text.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            return memchr(start, Int32(byte), bytes.count) != nil
        }
    }

    /// Compares what quoted-printable's escapes and soft breaks cost with base64's third, before either is made. Only
    /// bytes above 127 are counted: other escapes are rare, or in lines that go as they are.
    private static func isShorterInBase64(_ text: Span<UInt8>) -> Bool {
        let escapes = text.withUnsafeBytes { bytes in
            var count = 0
            var index = 0
            while index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                count &+= (word & 0x8080_8080_8080_8080).nonzeroBitCount
                index += 8
            }
            while index < bytes.count {
                count &+= Int(bytes[index] >> 7)
                index += 1
            }
            return count
        }
        let quoted = text.count + 2 * escapes
        let base64 = (text.count + 2) / 3 * 4
        return quoted + quoted / 75 * 3 > base64 + base64 / 76 * 2
    }

    private static func canonical(_ text: Span<UInt8>) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(text.count + text.count / 16)
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard byte == 0x0a || byte == 0x0d else {
                index += 1
                continue
            }
            lines.append(text.extracting(start..<index))
            lines.append("\r\n")
            index += byte == 0x0d && index + 1 < text.count && text[index + 1] == 0x0a ? 2 : 1
            start = index
        }
        lines.append(text.extracting(start..<text.count))
        return lines
    }
}
