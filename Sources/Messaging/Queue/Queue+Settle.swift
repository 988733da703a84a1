import Storage

extension Queue {
    private static let settle = Statement(
        """
        UPDATE message SET state = $3, attempts = $4, due = coalesce($5, due), node = NULL, finished_at = $6, reason = $7,
            doubt_since = coalesce(doubt_since, $8), share = brand
        WHERE id = $1 AND fence = $2 AND state = 'sending'
        """
    )
    private static let countAttempts = Statement(
        """
        INSERT INTO throughput (minute, channel, outcome, count) VALUES ($1, $2, $3, $4)
        ON CONFLICT (minute, channel, outcome) DO UPDATE SET count = throughput.count + excluded.count
        """
    )
    private static let suppress = Statement(
        """
        INSERT INTO opt_out (address_key, channel, brand, category, address, source, note, at)
        SELECT address_key, channel, '', '', address_key, $4, $2, $3 FROM message WHERE id = $1
        ON CONFLICT (address_key, channel, brand, category) DO NOTHING
        RETURNING address, channel, id, address_key
        """
    )
    private static let orphans = Statement(
        """
        SELECT message.id, fence, attempts, since, expires, accepted_at, coalesce(started_at, accepted_at), due, test,
            doubt_since, address_key, brand, category
        FROM message WHERE state = 'sending' AND channel = $1 ORDER BY message.id LIMIT $2
        """
    )

    private static let refer = Statement(
        """
        INSERT INTO provider_reference (transport, reference, message) VALUES ($1, $2, $3)
        ON CONFLICT (transport, reference) DO NOTHING
        """
    )

    static let settleStatements = [settle, countAttempts, suppress, orphans, refer]

    /// Writes what became of attempts. A settlement whose fence no longer matches has lost its lease: it is kept as an
    /// event and changes nothing else.
    static func settle(_ settlements: [Settlement], _ transaction: any Transaction) throws {
        guard !settlements.isEmpty else { return }
        let now = transaction.now
        let changes = settlements.map { $0.change(now: now) }
        let matched = try transaction.batch(
            settle,
            zip(settlements, changes).map { settlement, change in
                [
                    .integer(settlement.handOff.id), .integer(settlement.handOff.fence), .text(change.state.rawValue),
                    .integer(Int64(change.attempts)), .optional(change.due),
                    change.state.isFinal ? .integer(now) : .null, .optional(change.reason),
                    settlement.outcome.isInDoubt ? .integer(settlement.handOff.startedAt) : .null,
                ]
            }
        )
        var events: [Event] = []
        events.reserveCapacity(settlements.count)
        var counts: [Channel: [String: Int64]] = [:]
        var sent: [ComplianceCounts.Key: Int64] = [:]
        for (index, settlement) in settlements.enumerated() {
            let handOff = settlement.handOff
            let isCurrent = matched[index] > 0
            for (kind, detail) in changes[index].events {
                events.append(
                    Event(
                        message: handOff.id,
                        at: now,
                        kind: isCurrent ? kind : .late,
                        startedAt: handOff.startedAt,
                        transport: settlement.transport,
                        detail: isCurrent ? detail : "\(kind.rawValue): \(detail ?? "")"
                    )
                )
            }
            if isCurrent, !handOff.isTest, case .rejected(let reason, let detail) = settlement.outcome,
                let source = reason.suppression
            {
                try suppress(handOff.id, source, detail, transaction)
            }
            if let kind = settlement.outcome.counted, handOff.channel == .email, !handOff.isTest {
                let provider = ShippedLimits.provider(of: handOff.domain)
                sent[.init(brand: handOff.brand, kind: kind, subject: provider), default: 0] += 1
            }
            if case .accepted(_, let reference?) = settlement.outcome {
                try refer(handOff.id, settlement.transport, reference, transaction)
            }
            if let word = settlement.outcome.word { counts[handOff.channel, default: [:]][word, default: 0] += 1 }
        }
        try Event.insert(events, transaction)
        try Evidence.append(settlements.compactMap(Evidence.Entry.init), transaction)
        try ComplianceCounts.add(sent, transaction)
        try Spending.write(settlements, transaction)
        for (channel, outcomes) in counts {
            for (outcome, count) in outcomes {
                try transaction.execute(
                    countAttempts,
                    [.integer(now / 60_000), .text(channel.rawValue), .text(outcome), .integer(count)]
                )
            }
        }
    }

    /// Keeps anything more from going to a message's address on its channel.
    static func suppress(_ id: Int64, _ source: String, _ detail: String, _ transaction: any Transaction) throws {
        let values: [SQLValue] = [.integer(id), .text(detail), .integer(transaction.now), .text(source)]
        let added = try transaction.first(suppress, values) { row in
            OptOut(
                id: row.integer(2),
                addressKey: row.text(3),
                scope: .init(channel: Channel(rawValue: row.text(1))),
                address: row.text(0),
                source: source,
                note: detail,
                at: transaction.now
            )
        }
        guard let added else { return }
        let why = "\(added.scope) (\(source), \(detail))"
        try AuditEntry.write(.optOutAdded, added.address, why, by: AuditEntry.dunlin, transaction)
        try Evidence.append([.init(added, by: AuditEntry.dunlin, isRemoved: false)], transaction)
    }

    /// Gives a message what its provider calls it.
    static func refer(_ id: Int64, _ transport: String, _ reference: String, _ transaction: any Transaction) throws {
        try transaction.execute(refer, [.text(transport), .text(reference), .integer(id)])
    }

    /// Takes back what a dead worker left in `sending`: nobody knows whether it left, so each is uncertain.
    ///
    /// - Returns: how many were taken back.
    func takeBack(
        _ channel: Channel,
        retry: RetryPolicy,
        uncertain: UncertainPolicy,
        batch: Int = 1000
    ) async throws -> Int {
        var total = 0
        while true {
            let count = try await database.write(.process) { transaction in
                let left = try transaction.all(
                    Queue.orphans,
                    [.text(channel.rawValue), .integer(Int64(batch))]
                ) { row in
                    var handOff = HandOff(
                        id: row.integer(0),
                        fence: row.integer(1),
                        channel: channel,
                        brand: row.text(11),
                        attempts: Int(row.integer(2)),
                        since: row.integer(3),
                        expires: row.optionalInteger(4),
                        startedAt: row.integer(6),
                        acceptedAt: row.integer(5),
                        due: row.integer(7),
                        isTest: row.integer(8) != 0,
                        doubtSince: row.optionalInteger(9),
                        document: []
                    )
                    handOff.addressKey = row.text(10)
                    handOff.category = row.text(12)
                    return handOff
                }
                var immediately = retry
                immediately.first = 0
                immediately.giveUp = .max / 4
                try Queue.settle(
                    left.map {
                        Settlement(
                            handOff: $0,
                            transport: "",
                            outcome: .uncertain(.workerDied, "the worker died while it was sending"),
                            retry: immediately,
                            uncertain: uncertain,
                            random: 0
                        )
                    },
                    transaction
                )
                return left.count
            }
            total += count
            if count < batch { return total }
        }
    }
}

extension Outcome.Reason {
    /// The source of the opt-out that keeps anything more from going there; `nil` where there is none.
    var suppression: String? {
        switch self {
        case .recipient: OptOut.bounce
        case .optedOut: OptOut.provider
        default: nil
        }
    }
}

extension Outcome {
    /// Whether the message may have arrived all the same.
    var isInDoubt: Bool { if case .uncertain = self { true } else { false } }

    /// The word under which attempts are counted; `nil` where there was none.
    var word: String? {
        switch self {
        case .accepted: "accepted"
        case .retry: "retry"
        case .rejected: "rejected"
        case .uncertain: "uncertain"
        case .putBack, .held: nil
        }
    }
}

extension Outcome {
    /// As what it counts of how mail is taken.
    fileprivate var counted: ComplianceCounts.Kind? {
        switch self {
        case .accepted: .sent
        case .rejected(.recipient, _): .refused
        case .rejected, .retry, .uncertain, .held, .putBack: nil
        }
    }
}
