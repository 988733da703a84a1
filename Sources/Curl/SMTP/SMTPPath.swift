/// What stands between the angle brackets of `MAIL` and `RCPT`.
enum SMTPPath {
    /// RFC 5321 allows 256 bytes.
    static let longest = 1000

    /// Whether an address can stand between angle brackets without ending them or the command.
    static func isSafe(_ address: String, mayBeUTF8: Bool) -> Bool {
        let bytes = address.utf8
        guard bytes.count <= longest else { return false }
        var isQuoted = false
        var isEscaped = false
        for byte in bytes {
            switch byte {
            case ..<0x20, 0x7F: return false
            case 0x80...: if !mayBeUTF8 { return false }
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = isQuoted
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: " "), UInt8(ascii: "<"), UInt8(ascii: ">"): if !isQuoted { return false }
            default: break
            }
        }
        return !isQuoted
    }
}
