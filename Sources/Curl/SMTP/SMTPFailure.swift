/// Why something did not come to an answer about the message itself.
public struct SMTPFailure: Error, Hashable, CustomStringConvertible {
    /// Bounded, for metric labels.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case resolve
        case connect
        /// TLS could not be agreed upon, or is required and not offered.
        case tls
        /// The server's certificate does not verify.
        case certificate
        case timeout
        case connectionLost = "connection_lost"
        /// An answer that SMTP does not allow there.
        case garbage
        /// The server refused the session, or ended it with 421.
        case refused
        /// User name and password, or the bearer token, were not taken, or the server offers no way to give them.
        case credentials
        /// No bearer token could be fetched.
        case token
        /// This side ended the session.
        case aborted
        case other
    }

    public var reason: Reason
    /// One line for a person.
    public var text: String
    /// The server's words, if it said any.
    public var reply: SMTPReply?

    public init(_ reason: Reason, _ text: String, reply: SMTPReply? = nil) {
        self.reason = reason
        self.text = text
        self.reply = reply
    }

    public var description: String {
        guard let reply else { return text }
        return "\(text): \(reply)"
    }
}
