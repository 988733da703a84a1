/// What a server announces in its answer to `EHLO`.
public struct SMTPExtensions: Sendable, Hashable {
    public var pipelining = false
    public var eightBitMIME = false
    public var smtpUTF8 = false
    public var startTLS = false
    /// Announced, with or without a limit.
    public var size = false
    /// The most bytes that a message may have; `nil` when there is no fixed limit.
    public var sizeLimit: Int?
    /// SASL mechanisms in upper case.
    public var authentication: [String] = []
    /// Every line after the first, as it came.
    public var lines: [String] = []

    public init() {}

    /// Reads the text of a reply to `EHLO`; its first line is the server's name and greeting.
    public init(_ reply: SMTPReply) {
        lines = reply.text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().map(String.init)
        for line in lines {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "=" }).map { $0.uppercased() }
            switch words.first {
            case "PIPELINING": pipelining = true
            case "8BITMIME": eightBitMIME = true
            case "SMTPUTF8": smtpUTF8 = true
            case "STARTTLS": startTLS = true
            case "SIZE":
                size = true
                sizeLimit = words.dropFirst().first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
            case "AUTH": authentication += words.dropFirst().filter { !authentication.contains($0) }
            default: break
            }
        }
    }
}
