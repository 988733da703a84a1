import Storage

/// What went to a recipient before, for the rules that count it.
enum Contacts {
    /// What the rules look back at, at most; of more the newest count. No cap is larger.
    static let most = 1001

    /// One by one: of a list of more than two SQLite makes a table each time.
    private static let underway = """
        message.test = 0 AND (message.state = 'sending' OR message.state = 'sent' OR message.state = 'delivered'
            OR message.state = 'bounced' OR message.doubt_since IS NOT NULL)
        """

    /// The newest to an address, beside the message that is asked about: its own row is not even looked at.
    private static let toAddress = Statement(
        """
        SELECT message.id, message.channel, message.started_at, message.state FROM message
        WHERE message.address_key = $1 AND message.id <> $4 AND message.started_at > $2 AND \(underway)
        ORDER BY message.id DESC LIMIT $3
        """
    )

    /// What is known of an address, with what went to its person: a person's few are not worth sorting. A row without a message
    /// where none went.
    private static let toPerson = Statement(
        """
        SELECT message.id, message.channel, message.started_at, message.state, own.person, own.kind, own.language, own.zones
        FROM addressee own LEFT JOIN addressee other ON other.person = own.person
        LEFT JOIN message ON message.address_key = other.address_key AND message.id <> $4 AND message.started_at > $2
            AND \(underway)
        WHERE own.address_key = $1 LIMIT $3
        """
    )

    /// The newest to an address, with what only rules about conversations ask.
    private static let talksToAddress = Statement(
        """
        SELECT message.id, message.channel, coalesce(task.finished_at, message.started_at), message.state,
            content.conversation, task.outcome
        FROM message JOIN content ON content.id = message.id LEFT JOIN task ON task.message = message.id
        WHERE message.address_key = $1 AND message.id <> $4 AND coalesce(task.finished_at, message.started_at) > $2
            AND \(underway)
        ORDER BY message.id DESC LIMIT $3
        """
    )
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
        toAddress, toPerson, talksToAddress, conversation, consent, traces, isAnyTrace, leave, trace, forgetTraces,
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
        let caps = policy.caps(message.channel, now: now)
        let past = Past(message, but, caps, now: now, connection)
        var (addressee, history): (Addressee?, [Gate.Contact]?)
        if tables.hasAddressees { (addressee, history) = try past.ofPerson() }
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
        guard let since = past.since else { return message }
        if past.isOfConversation {
            message.conversation =
                try connection.first(conversation, [.integer(message.id)]) { $0.optionalText(0) } ?? nil
        }
        message.history = try history ?? past.ofAddress(message.addressKey)
        guard tables.hasTraces else { return message }
        for key in try [message.addressKey] + (addressee?.others(than: message.addressKey, connection) ?? []) {
            message.history += try traces(of: key, since: since, message.conversation, connection)
        }
        return message
    }

    /// What the rules of a brand look back at.
    private struct Past {
        let message: Int64
        let key: String
        /// Messages that do not count.
        let but: Set<Int64>
        /// `nil` where no rule looks back.
        let since: Int64?
        let isOfConversation: Bool
        let connection: any Connection

        init(
            _ message: Gate.Facts,
            _ but: Set<Int64>,
            _ caps: [CompliancePolicy.Cap],
            now: Int64,
            _ connection: any Connection
        ) {
            self.message = message.id
            key = message.addressKey
            self.but = but
            since = caps.map(\.within).max().map { now - $0 }
            isOfConversation = caps.contains(where: \.isOfConversation)
            self.connection = connection
        }

        private func values(_ key: String) -> [SQLValue] {
            [.text(key), .integer(since ?? 0), .integer(Int64(Contacts.most)), .integer(message)]
        }

        func ofAddress(_ key: String) throws -> [Gate.Contact] {
            try connection.all(isOfConversation ? talksToAddress : toAddress, values(key)) { contact($0) }
                .compactMap(\.self)
        }

        /// All addresses of the person count, of whatever brand wrote to them. No history where no other address is known, or
        /// none is asked for.
        func ofPerson() throws -> (Addressee?, [Gate.Contact]?) {
            guard since != nil, !isOfConversation else {
                let addressee = try Addressee.of(key, connection)
                return (addressee, since == nil ? nil : try ofAll(addressee))
            }
            var addressee: Addressee?
            var (contacts, rows): ([Gate.Contact], Int) = ([], 0)
            try connection.query(toPerson, values(key)) { row in
                rows += 1
                if addressee == nil { addressee = Addressee(row, at: 4) }
                if !row.isNull(0), let contact = contact(row) { contacts.append(contact) }
            }
            guard addressee?.person != nil else { return (addressee, nil) }
            // So many that it matters which: the newest of each address.
            return (addressee, rows == most ? try ofAll(addressee) : contacts)
        }

        private func ofAll(_ addressee: Addressee?) throws -> [Gate.Contact]? {
            guard let addressee, addressee.person != nil else { return nil }
            return try ([key] + addressee.others(than: key, connection)).flatMap { try ofAddress($0) }
        }

        /// `nil` for what does not count.
        private func contact(_ row: any Row) -> Gate.Contact? {
            let id = row.integer(0)
            guard !but.contains(id), let channel = Channel(rawValue: row.text(1)) else { return nil }
            return Gate.Contact(
                channel: channel,
                at: row.integer(2),
                conversation: isOfConversation ? row.optionalText(4) : nil,
                isConversation: isOfConversation && row.optionalText(5).map(spoken.contains) ?? false,
                isUnderway: row.text(3) == MessageState.sending.rawValue
            )
        }
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
}
