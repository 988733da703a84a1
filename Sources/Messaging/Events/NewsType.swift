/// What subscribers are told of.
public enum NewsType: String, Sendable, CaseIterable {
    case sent = "message.sent"
    case retry = "message.retry"
    case rejected = "message.rejected"
    case uncertain = "message.uncertain"
    case gaveUp = "message.gave_up"
    case expired = "message.expired"
    case blocked = "message.blocked"
    case cancelled = "message.cancelled"
    case held = "message.held"
    case deferred = "message.deferred"
    case approved = "message.approved"
    case edited = "message.edited"
    case replayed = "message.replayed"
    case delivered = "message.delivered"
    case bounced = "message.bounced"
    case optedOut = "opt_out.added"
    case optOutRemoved = "opt_out.removed"
    /// Somebody has texted us.
    case inbound = "inbound.received"

    /// `nil` for what is kept for the record only, or told otherwise.
    init?(_ kind: Event.Kind) {
        guard kind != .late, kind != .replied, kind != .complained else { return nil }
        self.init(rawValue: "message.\(kind.rawValue)")
    }
}
