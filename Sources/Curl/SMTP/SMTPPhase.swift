/// Where a session stands; the phase of a refusal says what was refused.
public enum SMTPPhase: String, Sendable, Hashable, CaseIterable {
    case connect
    case greeting
    case hello
    case startTLS = "starttls"
    case authentication
    /// The sender: `MAIL`. A refusal here may be about the credentials (530, 534, 535, 5.7.8), not about this message.
    case mail
    /// The recipient: `RCPT`.
    case recipient
    case data
    /// The message's bytes, up to the final dot.
    case body
    /// The final dot is on its way, the reply to it is awaited.
    case finalDot = "final_dot"
    case reset
    case idle
    case quit
}
