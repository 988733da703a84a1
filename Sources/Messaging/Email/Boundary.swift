/// The lines that part a multipart message (RFC 2046, 5.1.1).
///
/// They depend on the Message-ID alone, so that a second try has the same bytes. Each begins with `=_`, which neither
/// quoted-printable nor base64 can hold, and which keeps a text from going as `7bit`: no part holds its boundary.
struct Boundary: Sendable {
    /// The level of nesting. One letter each, so that no boundary begins another.
    enum Level: UInt8 {
        case mixed = 0x6d
        case related = 0x72
        case alternative = 0x61
    }

    private let hash: UInt64

    init(messageID: Span<UInt8>) {
        self.hash = StableHash(key0: 0, key1: 0).hash(messageID)
    }

    /// Appends the delimiter with the line end that belongs to it.
    func appendDelimiter(_ level: Level, to out: inout [UInt8]) {
        out.append("\r\n--")
        append(level, to: &out)
        out.append("\r\n")
    }

    /// Appends the delimiter behind the last part.
    func appendEnd(_ level: Level, to out: inout [UInt8]) {
        out.append("\r\n--")
        append(level, to: &out)
        out.append("--\r\n")
    }

    /// Appends the `Content-Type` of the whole, the empty line behind it, and the first delimiter.
    func appendStart(_ level: Level, to out: inout [UInt8]) {
        switch level {
        case .mixed: out.append("Content-Type: multipart/mixed;\r\n boundary=\"")
        case .related: out.append("Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"")
        case .alternative: out.append("Content-Type: multipart/alternative;\r\n boundary=\"")
        }
        append(level, to: &out)
        out.append("\"\r\n")
        appendDelimiter(level, to: &out)
    }

    private func append(_ level: Level, to out: inout [UInt8]) {
        out.append("=_")
        out.append(level.rawValue)
        out.append(hexadecimal: hash)
    }
}
