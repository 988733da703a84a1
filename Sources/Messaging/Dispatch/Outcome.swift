/// What came of one attempt to deliver.
public enum Outcome: Sendable, Equatable {
    /// The transport took it; the detail is its reply, the reference what the other side calls the message.
    case accepted(String, reference: String? = nil)
    /// Not this time.
    /// - Parameter after: milliseconds that the other side asked us to wait.
    case retry(Reason, String, after: Int64? = nil)
    /// Never: this message will not be taken.
    case rejected(Reason, String)
    /// Sent, but whether it was taken is not known.
    case uncertain(Reason, String)
    /// Nothing left, and a person has to mend something before it can.
    case held(Reason, String)
    /// Nothing left. The message waits again and has lost nothing.
    case putBack

    /// The bounded word for metrics and lists; the free text stands beside it.
    public enum Reason: String, Sendable, Codable, CaseIterable {
        /// The other side's answer, by class.
        case temporary, permanent, policy
        case connection, timeout, tls, garbage
        case tooLarge = "too_large"
        case unsupported
        /// The words could not be made.
        case render
        case recipient
        /// The person said no, to the provider.
        case optedOut = "opted_out"
        case workerDied = "worker_died"
        case storage
    }
}
