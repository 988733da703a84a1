/// Appends a string in its quotes, with quotes, backslashes and control characters escaped.
///
/// - Parameter utf8: valid UTF-8; other bytes would pass through.
public func appendJSONString(_ utf8: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var start = 0
    while true {
        let end = firstEscaped(utf8, from: start)
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[start..<end]))
        guard end < utf8.count else { break }
        appendEscaped(utf8[end], to: &bytes)
        start = end + 1
    }
    bytes.append(UInt8(ascii: "\""))
}

/// Where the first byte stands that must be escaped, or the count: eight at a time, as nearly none must.
private func firstEscaped(_ utf8: UnsafeRawBufferPointer, from start: Int) -> Int {
    func lowBits(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }
    /// Has the high bit of a byte set if any byte is less than a limit.
    func isAny(of word: UInt64, below limit: UInt64) -> UInt64 { (word &- lowBits(limit)) & ~word }
    var index = start
    while index + 8 <= utf8.count {
        let word = utf8.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let found =
            isAny(of: word, below: 0x20) | isAny(of: word ^ lowBits(0x22), below: 1)
            | isAny(of: word ^ lowBits(0x5C), below: 1)
        if found & lowBits(0x80) != 0 { break }
        index += 8
    }
    while index < utf8.count {
        let byte = utf8[index]
        if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
        index += 1
    }
    return index
}

private func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    default:
        let low = byte & 0x0F
        bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
        bytes.append(UInt8(ascii: "0") + byte >> 4)
        bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
    }
}

/// The same, from bytes.
public func appendJSONString(_ utf8: [UInt8], to bytes: inout [UInt8]) {
    utf8.withUnsafeBytes { appendJSONString($0, to: &bytes) }
}

/// The same, from a text.
public func appendJSONString(_ text: String, to bytes: inout [UInt8]) {
    var text = text
    text.withUTF8 { appendJSONString(UnsafeRawBufferPointer($0), to: &bytes) }
}
