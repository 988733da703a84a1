/// Base64 (RFC 4648, 4), with padding.
enum Base64 {
    /// The bytes of one 76-character line (RFC 2045, 6.8).
    private static let bytesPerLine = 57

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Appends `bytes` as one run of characters.
    static func append(_ bytes: Span<UInt8>, to out: inout [UInt8]) {
        out.append(addingCapacity: (bytes.count + 2) / 3 * 4) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                bytes.withUnsafeBufferPointer { count += encode($0, into: buffer, at: 0) }
            }
        }
    }

    /// Appends `bytes` in lines of 76 characters, each with its end.
    static func appendLines(_ bytes: Span<UInt8>, to out: inout [UInt8]) {
        let lines = (bytes.count + bytesPerLine - 1) / bytesPerLine
        out.append(addingCapacity: (bytes.count + 2) / 3 * 4 + 2 * lines) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                bytes.withUnsafeBufferPointer { source in
                    var position = 0
                    var start = 0
                    while start < source.count {
                        let end = min(start + bytesPerLine, source.count)
                        let line = UnsafeBufferPointer(rebasing: source[start..<end])
                        position += encode(line, into: buffer, at: position)
                        buffer[position] = 0x0d
                        buffer[position + 1] = 0x0a
                        position += 2
                        start = end
                    }
                    count += position
                }
            }
        }
    }

    /// Writes the characters of `source` from `start` on, for which there must be room; returns their number.
    private static func encode(
        _ source: UnsafeBufferPointer<UInt8>,
        into target: UnsafeMutableBufferPointer<UInt8>,
        at start: Int
    ) -> Int {
        let characters = alphabet.utf8Start
        var position = start
        var index = 0
        while index + 3 <= source.count {
            let group = UInt32(source[index]) << 16 | UInt32(source[index + 1]) << 8 | UInt32(source[index + 2])
            target[position] = characters[Int(group >> 18)]
            target[position + 1] = characters[Int(group >> 12 & 63)]
            target[position + 2] = characters[Int(group >> 6 & 63)]
            target[position + 3] = characters[Int(group & 63)]
            position += 4
            index += 3
        }
        if index < source.count {
            let second = index + 1 < source.count
            let group = UInt32(source[index]) << 16 | (second ? UInt32(source[index + 1]) << 8 : 0)
            target[position] = characters[Int(group >> 18)]
            target[position + 1] = characters[Int(group >> 12 & 63)]
            target[position + 2] = second ? characters[Int(group >> 6 & 63)] : 0x3d
            target[position + 3] = 0x3d
            position += 4
        }
        return position - start
    }
}
