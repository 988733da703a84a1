/// How long an answer may take, each counted from the end of what it answers. The defaults are the minima of
/// RFC 5321 section 4.5.3.2, which gives none for `connect`, `command` and `quit`.
public struct SMTPTimeouts: Sendable, Hashable {
    /// Name look-up, TCP and, with implicit TLS, its handshake.
    public var connect: Duration = .seconds(30)
    public var greeting: Duration = .seconds(300)
    /// `EHLO`, `STARTTLS` with its handshake, each step of `AUTH`, and `RSET`.
    public var command: Duration = .seconds(300)
    public var mail: Duration = .seconds(300)
    public var recipient: Duration = .seconds(300)
    /// `DATA` until 354.
    public var data: Duration = .seconds(120)
    /// Between two blocks of the body that the server takes.
    public var dataBlock: Duration = .seconds(180)
    /// After the final dot. A shorter time delivers copies: the server may be done when this side has given up.
    public var finalDot: Duration = .seconds(600)
    public var quit: Duration = .seconds(2)

    public init() {}
}

extension Duration {
    /// Between 0 and a quarter of what `UInt64` holds, so that a time may be added without overflow.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 4_000_000_000 else { return .max / 4 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
