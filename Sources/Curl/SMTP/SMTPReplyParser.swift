import Glibc

/// Finds replies in a stream of bytes that may be cut anywhere.
struct SMTPReplyParser {
    enum Finding: Equatable {
        /// All bytes are read, the reply is not complete.
        case incomplete
        /// The last reply is complete; `code` and `text` hold it until the next call.
        case complete
        /// A line that no reply may have, or that is too long. Nothing after it can be trusted.
        case malformed
    }

    /// RFC 5321 allows 512; some servers write more.
    static let longestLine = 4096
    static let longestText = 1024

    private(set) var code = 0
    private var text: [UInt8] = []
    private var partial: [UInt8] = []
    private var isWithinReply = false

    /// The reply that was last completed.
    var reply: SMTPReply {
        SMTPReply(code: code, text: String(decoding: text, as: UTF8.self))
    }

    /// The last line that was read, for a report about a malformed one.
    var excerpt: String {
        String(decoding: text.prefix(200), as: UTF8.self)
    }

    /// Reads on from `offset`, up to the end of one reply at most.
    mutating func parse(_ bytes: UnsafeRawBufferPointer, from offset: inout Int) -> Finding {
        while offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            guard let start = rest.baseAddress, let feed = memchr(start, 0x0A, rest.count) else {
                offset = bytes.count
                partial.append(contentsOf: rest)
                guard partial.count <= Self.longestLine else {
                    keep(partial[...])
                    return .malformed
                }
                return .incomplete
            }
            let length = UnsafeRawPointer(feed) - start
            offset += length + 1
            let finding: Finding
            if partial.isEmpty {
                finding = line(UnsafeRawBufferPointer(rebasing: rest[..<length]))
            } else {
                partial.append(contentsOf: rest[..<length])
                var whole: [UInt8] = []
                swap(&whole, &partial)
                finding = whole.withUnsafeBytes { line($0) }
                whole.removeAll(keepingCapacity: true)
                swap(&whole, &partial)
            }
            if finding != .incomplete { return finding }
        }
        return .incomplete
    }

    /// One line without its line feed.
    private mutating func line(_ bytes: UnsafeRawBufferPointer) -> Finding {
        var bytes = bytes
        if bytes.last == 0x0D { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
        guard
            bytes.count >= 3, bytes.count <= Self.longestLine,
            (0x32...0x35).contains(bytes[0]), (0x30...0x39).contains(bytes[1]), (0x30...0x39).contains(bytes[2]),
            bytes.count == 3 || bytes[3] == 0x20 || bytes[3] == 0x2D
        else {
            text.removeAll(keepingCapacity: true)
            keep(bytes)
            return .malformed
        }
        code = Int(bytes[0] - 0x30) * 100 + Int(bytes[1] - 0x30) * 10 + Int(bytes[2] - 0x30)
        if isWithinReply {
            if text.count < Self.longestText { text.append(0x0A) }
        } else {
            text.removeAll(keepingCapacity: true)
        }
        keep(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(4)))
        isWithinReply = bytes.count > 3 && bytes[3] == 0x2D
        return isWithinReply ? .incomplete : .complete
    }

    private mutating func keep(_ bytes: some Collection<UInt8>) {
        for byte in bytes.prefix(Self.longestText - text.count) {
            text.append((byte < 0x20 && byte != 0x09) || byte == 0x7F ? 0x3F : byte)
        }
    }
}
