public import JSON
public import Storage

/// A change that somebody made beside the messages themselves, and who it was: messages tell that in their own stories.
public struct AuditEntry: Sendable, Equatable {
    public enum Action: String, Sendable, CaseIterable {
        case optOutAdded = "opt_out.added"
        case optOutRemoved = "opt_out.removed"
        case subscriptionAdded = "subscription.added"
        case subscriptionRemoved = "subscription.removed"
        case subscriptionEnabled = "subscription.enabled"
        case subscriptionDisabled = "subscription.disabled"
        case tokenCreated = "token.created"
        case tokenRevoked = "token.revoked"
        case lanePaused = "lane.paused"
        case laneResumed = "lane.resumed"
        case linkKeyRotated = "opt_out.key_rotated"
        case peopleMerged = "person.merged"
        case personErased = "person.erased"
        case personDescribed = "person.described"
        case personHeld = "person.held"
        case personFreed = "person.freed"
        case stopGiven = "person.stopped"
        case stopEnded = "person.stop_ended"
        case figureEntered = "figure.entered"
        case consentGiven = "consent.given"
        case consentWithdrawn = "consent.withdrawn"
    }

    public let id: Int64
    /// Milliseconds since 1970, UTC.
    public let at: Int64
    /// Such as `token billing`, `ada on the command line`, or `dunlin` for what it does by itself.
    public let by: String
    public let action: Action
    /// What was changed, such as an address or a subscription's number.
    public let subject: String
    public let detail: String?

    /// What Dunlin does by itself.
    static let dunlin = "dunlin"

    /// What an opt-out says; its source only where that is not who it was.
    static func detail(_ scope: OptOut.Scope, source: String, note: String?, at: Int64?, by: String) -> String {
        let more = [source == by ? nil : source, note, at.map { Timestamp.text($0) }].compactMap { $0 }
        return more.isEmpty ? "\(scope)" : "\(scope) (\(more.joined(separator: ", ")))"
    }

    /// Writes the entry with the change that it tells of, in the same transaction.
    static func write(
        _ action: Action,
        _ subject: String,
        _ detail: String? = nil,
        by: String,
        _ transaction: any Transaction
    ) throws {
        try transaction.execute(
            AuditLog.insert,
            [
                .integer(transaction.now), .text(by), .text(action.rawValue), .text(subject), .optional(detail),
            ]
        )
    }

    init?(_ row: any Row) {
        guard let action = Action(rawValue: row.text(3)) else { return nil }
        id = row.integer(0)
        at = row.integer(1)
        by = row.text(2)
        self.action = action
        subject = row.text(4)
        detail = row.optionalText(5)
    }

    /// As `audit list --json` and `GET /v1/audit` give it.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("at", Timestamp.text(at))
        writer.member("by", by)
        writer.member("action", action.rawValue)
        writer.member("subject", subject)
        if let detail { writer.member("detail", detail) }
        writer.endObject()
    }
}
