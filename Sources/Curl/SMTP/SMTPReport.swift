/// What came of one submission. Every submission gets exactly one.
public struct SMTPReport: Sendable, Hashable {
    /// The submission's.
    public var tag: UInt64
    public var outcome: SMTPOutcome

    public init(tag: UInt64, outcome: SMTPOutcome) {
        self.tag = tag
        self.outcome = outcome
    }
}
