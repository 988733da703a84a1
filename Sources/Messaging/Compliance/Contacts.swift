import Storage

/// What went to a recipient before, for the rules that count it.
enum Contacts {
    /// What the rules look back at, at most; of more the newest count. No cap is larger.
    static let most = 1001

    /// A person's message, by one address or by all that are known to be theirs.
    private enum Whose: String {
        case address = "FROM message"
        case person = "FROM addressee JOIN message ON message.address_key = addressee.address_key"

        var condition: String { self == .address ? "message.address_key = $1" : "addressee.person = $1" }

        /// A person's few are not worth sorting.
        var order: String { self == .address ? "ORDER BY message.id DESC" : "" }
    }

    /// One by one: of a list of more than two SQLite makes a table each time.
    private static let underway = """
        message.test = 0 AND (message.state = 'sending' OR message.state = 'sent' OR message.state = 'delivered'
            OR message.state = 'bounced' OR message.doubt_since IS NOT NULL)
        """

    private static func recent(_ whose: Whose) -> Statement {
        Statement(
            """
            SELECT message.id, message.channel, coalesce(task.finished_at, message.started_at), message.state,
                content.conversation, task.outcome
            \(whose.rawValue) JOIN content ON content.id = message.id LEFT JOIN task ON task.message = message.id
            WHERE \(whose.condition) AND coalesce(task.finished_at, message.started_at) > $2 AND \(underway)
            \(whose.order) LIMIT $3
            """
        )
    }

    /// The same without what only rules about conversations ask.
    private static func recentPlain(_ whose: Whose) -> Statement {
        Statement(
            """
            SELECT message.id, message.channel, message.started_at, message.state \(whose.rawValue)
            WHERE \(whose.condition) AND message.started_at > $2 AND \(underway)
            \(whose.order) LIMIT $3
            """
        )
    }

    private static let recent = (address: recent(.address), person: recent(.person))
    private static let recentPlain = (address: recentPlain(.address), person: recentPlain(.person))
    private static let conversation = Statement("SELECT conversation FROM content WHERE id = $1")
    private static let consent = Statement(
        """
        SELECT 1 FROM consent WHERE address_key = $1 AND channel = $2 AND (brand = '' OR brand = $3)
            AND withdrawn_at IS NULL LIMIT 1
        """
    )

    private static let traces = Statement(
        """
        SELECT channel, at, conversation, spoken FROM contact WHERE address_hash = $1 AND at > $2
        ORDER BY at DESC LIMIT $3
        """
    )
    private static let isAnyTrace = Statement("SELECT 1 FROM contact LIMIT 1")
    private static let leave = Statement(
        """
        SELECT message.address_key, message.channel, message.brand, coalesce(task.finished_at, message.started_at),
            content.conversation, task.outcome
        FROM message JOIN content ON content.id = message.id LEFT JOIN task ON task.message = message.id
        WHERE message.id = $1 AND coalesce(task.finished_at, message.started_at) > $2 AND message.test = 0
            AND message.channel <> 'event' AND (message.state IN ('sent', 'delivered', 'bounced') OR message.doubt_since IS NOT NULL)
        """
    )
    private static let trace = Statement(
        """
        INSERT INTO contact (address_hash, channel, brand, at, conversation, spoken) VALUES ($1, $2, $3, $4, $5, $6)
        """
    )
    private static let forgetTraces = Statement("DELETE FROM contact WHERE at < $1")

    static let statements = [
        recent.address, recent.person, recentPlain.address, recentPlain.person, conversation, consent, traces,
        isAnyTrace, leave, trace, forgetTraces,
    ]

    /// Keeps of messages that are to be forgotten what the rules count, without words and addresses.
    ///
    /// - Parameter since: what is older counts for no rule.
    static func leaveTraces(of ids: [Int64], since: Int64, _ transaction: any Transaction) throws {
        let hash = try AddressHash(transaction)
        var rows: [[SQLValue]] = []
        try transaction.batch(leave, ids.map { [.integer($0), .integer(since)] }) { _, row in
            rows.append([
                .text(hash.of(row.text(0))), .text(row.text(1)), .text(row.text(2)), .integer(row.integer(3)),
                .optional(row.optionalText(4).map(hash.of)),
                .integer(row.optionalText(5).map(spoken.contains) ?? false ? 1 : 0),
            ])
        }
        try transaction.batch(trace, rows)
    }

    static func forgetTraces(before time: Int64, _ database: any Database) async throws {
        guard try await database.read({ try $0.first(isAnyTrace, []) { _ in true } ?? false }) else { return }
        _ = try await database.write(.process) { try $0.execute(forgetTraces, [.integer(time)]) }
    }

    /// Outcomes of a call in which somebody spoke to the person.
    private static let spoken: Set<String> = ["reached", "promised", "disputed"]

    /// Which tables hold anything: asked once for many messages, as most installations fill few of them.
    struct Tables {
        let hasAddressees: Bool
        let hasTraces: Bool

        init(_ connection: any Connection) throws {
            hasAddressees = try Addressee.isAny(connection)
            hasTraces = try connection.first(isAnyTrace, []) { _ in true } ?? false
        }
    }

    /// Adds to what the gate knows of a message what the rules of its brand ask for.
    ///
    /// - Parameters:
    ///   - tables: `nil` asks.
    ///   - mayBeStopped: false where no stop of the person is known to stand.
    ///   - but: messages that do not count, beside this one: what is not sent yet.
    static func complete(
        _ message: Gate.Facts,
        _ policy: CompliancePolicy,
        _ tables: Tables? = nil,
        mayBeStopped: Bool = true,
        but: Set<Int64>,
        now: Int64,
        _ connection: any Connection
    ) throws -> Gate.Facts {
        let tables = try tables ?? Tables(connection)
        var message = message
        if mayBeStopped { message.stops = try PersonStops.of(message.addressKey, connection) }
        let addressee = tables.hasAddressees ? try Addressee.of(message.addressKey, connection) : nil
        if let known = addressee?.facts {
            message.kind = known.kind
            message.language = known.language
            if !known.zones.isEmpty {
                // Where they are counts more than where their number is from, and not more than what the message says.
                let guessed = Set(PhoneZones.candidates(message.addressKey))
                message.zones =
                    known.zones + message.zones.filter { !guessed.contains($0) && !known.zones.contains($0) }
            }
        }
        if message.channel == .sms && policy.needsConsent || message.kind == .work {
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
        let statements = isOfConversation ? recent : recentPlain
        func found(_ statement: Statement, _ whose: String) throws -> [Gate.Contact?] {
            let values: [SQLValue] = [.text(whose), .integer(now - longest), .integer(Int64(most))]
            return try connection.all(statement, values) { contact($0, own, but, isOfConversation) }
        }
        var history = try addressee?.person.map { try found(statements.person, $0) }
        if let addressee, history?.count == most {
            // So many that it matters which: the newest of each address.
            history = try ([message.addressKey] + addressee.others(than: message.addressKey, connection)).flatMap {
                try found(statements.address, $0)
            }
        }
        message.history = try (history ?? found(statements.address, message.addressKey)).compactMap(\.self)
        guard tables.hasTraces else { return message }
        for key in try [message.addressKey] + (addressee?.others(than: message.addressKey, connection) ?? []) {
            message.history += try traces(of: key, since: now - longest, message.conversation, connection)
        }
        return message
    }

    /// What went to an address before, of which the messages are forgotten.
    private static func traces(
        of key: String,
        since: Int64,
        _ conversation: String?,
        _ connection: any Connection
    ) throws -> [Gate.Contact] {
        let hash = try AddressHash(connection)
        let own = conversation.map(hash.of)
        let values: [SQLValue] = [.text(hash.of(key)), .integer(since), .integer(Int64(most))]
        return try connection.all(traces, values) { row in
            let told = row.optionalText(2)
            return Gate.Contact(
                channel: Channel(rawValue: row.text(0)) ?? .email,
                at: row.integer(1),
                conversation: told != nil && told == own ? conversation : told,
                isConversation: row.integer(3) != 0
            )
        }
    }

    private static func contact(
        _ row: any Row,
        _ own: Int64,
        _ but: Set<Int64>,
        _ isOfConversation: Bool
    ) -> Gate.Contact? {
        let id = row.integer(0)
        guard id != own, !but.contains(id), let channel = Channel(rawValue: row.text(1)) else { return nil }
        return Gate.Contact(
            channel: channel,
            at: row.integer(2),
            conversation: isOfConversation ? row.optionalText(4) : nil,
            isConversation: isOfConversation && row.optionalText(5).map(spoken.contains) ?? false,
            isUnderway: row.text(3) == MessageState.sending.rawValue
        )
    }
}
