/// One message for one recipient.
public struct SMTPSubmission: Sendable {
    /// Chosen by the caller, given back in the report; need not be unique.
    public var tag: UInt64
    /// The return path without angle brackets; empty for `<>`.
    public var sender: String
    /// One mailbox without angle brackets.
    public var recipient: String
    /// An address of the envelope or of the header is not ASCII.
    public var needsSMTPUTF8: Bool
    /// `data` has bytes above 127.
    public var has8Bit: Bool
    /// The message as lines ended by CRLF, not dot-stuffed.
    public var data: [UInt8]
    /// `MonotonicClock` nanoseconds after which its first byte must no longer leave; `.max` for no limit.
    public var startBy: UInt64
    /// How often a session has ended before this message's turn had come.
    var restarts = 0

    public init(
        tag: UInt64,
        sender: String,
        recipient: String,
        needsSMTPUTF8: Bool = false,
        has8Bit: Bool = false,
        data: [UInt8],
        startBy: UInt64 = .max
    ) {
        self.tag = tag
        self.sender = sender
        self.recipient = recipient
        self.needsSMTPUTF8 = needsSMTPUTF8
        self.has8Bit = has8Bit
        self.data = data
        self.startBy = startBy
    }
}
