public enum SMTPOutcome: Sendable, Hashable {
    /// 2yz after the final dot: the server has taken the responsibility.
    case accepted(SMTPReply)
    /// 4yz or 5yz about this message, and what it answered.
    case refused(SMTPReply, SMTPPhase)
    /// The final dot was on its way, or part of it, and no usable answer came: the message may have been delivered.
    case uncertain(SMTPFailure)
    /// The session ended before the final dot left: the message was not delivered.
    case failed(SMTPPhase, SMTPFailure)
    /// No session could be opened. Only one of the waiting submissions is told; the others go on waiting.
    case connectFailed(SMTPFailure)
    /// No session could be opened with the configured credentials. Only one of the waiting submissions is told.
    case credentialsRefused(SMTPFailure)
    /// The server cannot take this message, as its own announcement says; nothing was sent.
    case unsupported(Obstacle)
    /// Not one byte of it has left.
    case notStarted(Cause)

    public enum Obstacle: Sendable, Hashable {
        /// An address needs SMTPUTF8, which the server does not announce.
        case smtpUTF8
        /// The message has bytes above 127 and the server does not announce 8BITMIME.
        case eightBit
        /// The server's limit in bytes.
        case size(limit: Int)
        /// An address that cannot stand in a command: empty recipient, over 1,000 bytes, control characters, spaces or
        /// angle brackets outside quotes, not ASCII although the submission does not ask for SMTPUTF8.
        case address(String)
    }

    public enum Cause: String, Sendable, Hashable {
        /// Its `startBy` has passed.
        case stale
        /// Taken back by `withdraw()`, or the pool closed.
        case withdrawn
    }
}
