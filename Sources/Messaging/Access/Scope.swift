/// What a token may do.
public enum Scope: String, Sendable, Hashable, CaseIterable {
    /// Hand in messages.
    case enqueue
    /// Look at everything.
    case read
    /// Cancel, retry, approve and hold messages; manage subscriptions.
    case operate
    /// Record opt-outs and take them back.
    case comply
}
