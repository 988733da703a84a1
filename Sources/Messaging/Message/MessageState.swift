/// Where a message stands. Every message is in exactly one state at any time.
public enum MessageState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Will go when it is due.
    case waiting
    /// Handed off to a lane: its first bytes may have left.
    case sending
    /// Waits for a person's word.
    case held
    /// The transport took it. Final until a receipt says more.
    case sent
    case delivered
    case bounced
    /// The transport refused it for good, or every retry was used up.
    case failed
    /// A rule forbade it, such as an opt-out.
    case blocked
    /// It was too late for it.
    case expired
    case cancelled

    public var isFinal: Bool {
        switch self {
        case .waiting, .sending, .held: false
        case .sent, .delivered, .bounced, .failed, .blocked, .expired, .cancelled: true
        }
    }
}
