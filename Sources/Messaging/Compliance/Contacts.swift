import Storage

/// What went to a recipient before, for the rules that count it.
enum Contacts {
    /// What the rules look back at, at most; of more the newest count.
    static let most = 500

    private static let recent = Statement(
        """
        SELECT message.id, message.channel, coalesce(task.finished_at, message.started_at), content.conversation,
            task.outcome, message.state
        FROM message JOIN content ON content.id = message.id LEFT JOIN task ON task.message = message.id
        WHERE message.address_key = $1 AND coalesce(task.finished_at, message.started_at) > $2 AND message.test = 0
            AND (message.state IN ('sending', 'sent', 'delivered', 'bounced') OR message.doubt_since IS NOT NULL)
        ORDER BY message.id DESC LIMIT $3
        """
    )
    /// The same without what only rules about conversations ask.
    private static let recentPlain = Statement(
        """
        SELECT id, channel, started_at, state FROM message
        WHERE address_key = $1 AND started_at > $2 AND test = 0
            AND (state IN ('sending', 'sent', 'delivered', 'bounced') OR doubt_since IS NOT NULL)
        ORDER BY id DESC LIMIT $3
        """
    )
    private static let conversation = Statement("SELECT conversation FROM content WHERE id = $1")
    private static let consent = Statement(
        """
        SELECT 1 FROM consent WHERE address_key = $1 AND channel = $2 AND (brand = '' OR brand = $3)
            AND withdrawn_at IS NULL LIMIT 1
        """
    )

    static let statements = [recent, recentPlain, conversation, consent]

    /// Outcomes of a call in which somebody spoke to the person.
    private static let spoken: Set<String> = ["reached", "promised", "disputed"]

    /// Adds to what the gate knows of a message what the rules of its brand ask for.
    ///
    /// - Parameter but: messages that do not count, beside this one: what is not sent yet.
    static func complete(
        _ message: Gate.Facts,
        _ policy: CompliancePolicy,
        but: Set<Int64>,
        now: Int64,
        _ connection: any Connection
    ) throws -> Gate.Facts {
        var message = message
        if message.channel == .sms, policy.needsConsent {
            let values: [SQLValue] = [
                .text(message.addressKey), .text(message.channel.rawValue), .text(message.brand),
            ]
            message.hasConsent = try connection.first(consent, values) { _ in true } ?? false
        }
        let caps = policy.caps(message.channel, now: now)
        guard let longest = caps.map(\.within).max() else { return message }
        let isOfConversation = caps.contains(where: \.isOfConversation)
        if isOfConversation {
            message.conversation =
                try connection.first(conversation, [.integer(message.id)]) { $0.optionalText(0) } ?? nil
        }
        let own = message.id
        // All addresses of the person count, of whatever brand wrote to them.
        for key in try People.keys(message.addressKey, connection) {
            let values: [SQLValue] = [.text(key), .integer(now - longest), .integer(Int64(most))]
            message.history += try connection.all(isOfConversation ? recent : recentPlain, values) { row in
                contact(row, own, but, isOfConversation)
            }.compactMap(\.self)
        }
        return message
    }

    private static func contact(
        _ row: any Row,
        _ own: Int64,
        _ but: Set<Int64>,
        _ isOfConversation: Bool
    ) -> Gate.Contact? {
        let id = row.integer(0)
        guard id != own, !but.contains(id), let channel = Channel(rawValue: row.text(1)) else { return nil }
        guard isOfConversation else {
            return Gate.Contact(
                channel: channel,
                at: row.integer(2),
                conversation: nil,
                isUnderway: row.text(3) == MessageState.sending.rawValue
            )
        }
        return Gate.Contact(
            channel: channel,
            at: row.integer(2),
            conversation: row.optionalText(3),
            isConversation: row.optionalText(4).map(spoken.contains) ?? false,
            isUnderway: row.text(5) == MessageState.sending.rawValue
        )
    }
}
