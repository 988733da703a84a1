import Storage

/// A wish to claim: up to `limit` due messages of a share.
struct ClaimRequest: Sendable {
    let share: Share
    let limit: Int
    /// How many of them go to whoever has waited longest, whatever its priority, when more are due than may be claimed.
    var aged = 0
    /// Bytes of large messages that may be taken into memory; the first one always may while `isFirstFree`.
    var byteBudget = ClaimRequest.largest * 1024
    var isFirstFree = true

    /// A message up to this size comes with its claim; a larger one is fetched by itself, if the budget allows.
    static let largest = 32_768
}

extension Queue {
    /// One statement claims and hands off: the rows come by priority (one call each), then due time, straight from the
    /// partial index, so that the cost depends neither on the backlog nor on what is finished, nor on what a limit keeps.
    /// The casts let SQLite search the opt-outs and stops: in RETURNING it scans them for a bare column.
    private static let claim = Statement {
        """
        WITH picked AS MATERIALIZED (
            SELECT id FROM message
            WHERE state = 'waiting' AND channel = $1 AND share = $6 AND priority = $2 AND due <= $3
            ORDER BY due, id LIMIT $4 \($0.forUpdateSkipLocked)
        )
        UPDATE message SET state = 'sending', fence = fence + 1, node = $5, started_at = $3,
            since = CASE WHEN attempts = 0 THEN $3 ELSE since END
        WHERE id IN (SELECT id FROM picked) AND state = 'waiting'
        RETURNING id, fence, attempts, since, expires, accepted_at, address_key, brand, category,
            (SELECT CASE WHEN length(document) <= \(ClaimRequest.largest) THEN document END
                FROM content WHERE content.id = message.id),
            (SELECT count(*) FROM opt_out WHERE opt_out.address_key = CAST(message.address_key AS TEXT))
                + (SELECT count(*) FROM person_stop WHERE person_stop.address_key = CAST(message.address_key AS TEXT)),
            due, test, doubt_since, domain, zones, template
        """
    }
    /// Each head is looked up by itself: `min` beside another column would read the whole backlog.
    private static let oldest = Statement(
        "SELECT priority FROM ("
            + (0...9).map {
                "SELECT \($0) AS priority, (SELECT due FROM message WHERE state = 'waiting' AND channel = $1 AND share = $2 "
                    + "AND priority = \($0) AND due <= $3 ORDER BY due LIMIT 1) AS due"
            }.joined(separator: " UNION ALL ") + ") AS heads WHERE due IS NOT NULL ORDER BY due LIMIT 1"
    )
    private static let stillSending = Statement(
        """
        SELECT expires, address_key, brand, category, domain, zones, template FROM message WHERE id = $1 AND fence = $2 AND state = 'sending'
        """
    )
    private static let finishUnsent = Statement(
        """
        UPDATE message SET state = $3, node = NULL, finished_at = $4, reason = $5
        WHERE id = $1 AND fence = $2 AND state = 'sending'
        """
    )

    private static let size = Statement("SELECT length(document) FROM content WHERE id = $1")
    private static let document = Statement("SELECT document FROM content WHERE id = $1")
    private static let putBack = Statement(
        "UPDATE message SET state = 'waiting', node = NULL WHERE id = $1 AND fence = $2 AND state = 'sending'"
    )

    /// Who had a message when nobody knew what became of it; not known where its worker died at the first attempt.
    private static let doubtLane = Statement(
        """
        SELECT transport FROM event WHERE message = $1 AND kind = 'uncertain' AND transport <> ''
        ORDER BY number DESC LIMIT 1
        """
    )

    private static let deferring = Statement(
        """
        UPDATE message SET state = 'waiting', node = NULL, due = $3, share = brand
        WHERE id = $1 AND fence = $2 AND state = 'sending'
        """
    )

    private static let ofNode = Statement("SELECT id, fence FROM message WHERE state = 'sending' AND node = $1")

    private static let park = Statement(
        """
        UPDATE message SET state = 'waiting', node = NULL, share = $3
        WHERE id = $1 AND fence = $2 AND state = 'sending'
        """
    )
    private static let move = Statement {
        """
        WITH head AS MATERIALIZED (
            SELECT id, domain, test FROM message
            WHERE state = 'waiting' AND channel = $1 AND share = $2 AND priority = $3 AND due <= $4
            ORDER BY due, id LIMIT $5 \($0.forUpdateSkipLocked)
        )
        UPDATE message SET share = $6 WHERE id IN (SELECT id FROM head WHERE domain = $7 AND test = 0) AND state = 'waiting'
        """
    }

    static let handOffStatements =
        [claim, oldest, stillSending, finishUnsent, size, document, putBack, doubtLane, deferring, ofNode, park, move]

    /// Claims due messages and passes them through the gate, in one transaction. What the gate stops ends here.
    static func handOff(
        _ request: ClaimRequest,
        node: Int64,
        _ policy: CompliancePolicy,
        _ transaction: any Transaction,
        _ decided: (Gate.Decision, Int) -> Void = { _, _ in }
    ) throws -> [HandOff] {
        var handOffs: [HandOff] = []
        var stopped: [Stop] = []
        let now = transaction.now
        let channel = request.share.channel
        var keeper = try Keeper(channel, policy, transaction)
        let tables = try Contacts.Tables(transaction)
        // Many recipients live in the same zones.
        var closes: [[String]: Int64?] = [:]
        let isPlain = policy.isPlain(channel) && keeper == nil
        // What is claimed and not decided yet counts as nothing that was sent.
        var undecided: Set<Int64> = []
        let share: [SQLValue] = [.text(request.share.channel.rawValue), .text(request.share.name)]
        func claim(_ priority: Int64, _ limit: Int) throws {
            var claimed: [(handOff: HandOff, template: String, hasOptOuts: Bool, isListed: Bool)] = []
            try transaction.query(
                Queue.claim,
                [share[0], .integer(priority), .integer(now), .integer(Int64(limit)), .integer(node), share[1]]
            ) { row in
                var handOff = HandOff(
                    id: row.integer(0),
                    fence: row.integer(1),
                    channel: request.share.channel,
                    brand: row.text(7),
                    domain: row.text(14),
                    priority: Int(priority),
                    limit: request.share.limit,
                    attempts: Int(row.integer(2)),
                    since: row.integer(3),
                    expires: row.optionalInteger(4),
                    startedAt: now,
                    acceptedAt: row.integer(5),
                    due: row.integer(11),
                    isTest: row.integer(12) != 0,
                    doubtSince: row.optionalInteger(13),
                    document: row.bytes(9)
                )
                handOff.addressKey = row.text(6)
                handOff.category = row.text(8)
                handOff.zones = row.optionalText(15) ?? ""
                let isFree = isPlain && !(channel == .email && CarrierDomains.contains(handOff.domain))
                let hasOptOuts = row.integer(10) > 0
                let isListed =
                    hasOptOuts || handOff.expires.map { $0 <= now } ?? false || !(isFree || handOff.isTest)
                    || channel == .sms && (policy.stopEvery != nil || handOff.category.hasPrefix(TextAnswer.prefix))
                if isListed { undecided.insert(handOff.id) }
                claimed.append((handOff, isListed ? row.text(16) : "", hasOptOuts, isListed))
            }
            claimed.sort { ($0.handOff.due, $0.handOff.id) < ($1.handOff.due, $1.handOff.id) }
            for (var handOff, template, hasOptOuts, isListed) in claimed {
                guard isListed else {
                    handOffs.append(handOff)
                    continue
                }
                var facts = Gate.Facts(
                    channel: handOff.channel,
                    brand: handOff.brand,
                    category: handOff.category,
                    addressKey: handOff.addressKey,
                    expires: handOff.expires
                )
                facts.id = handOff.id
                facts.domain = handOff.domain
                facts.zones = Queue.zones(handOff.zones)
                facts.template = template
                var verdict = try Queue.decide(
                    &facts,
                    policy,
                    optOuts: hasOptOuts ? try OptOuts.covering(facts.addressKey, transaction) : [],
                    isTest: handOff.isTest,
                    tables: tables,
                    mayBeStopped: hasOptOuts,
                    undecided,
                    transaction
                )
                if verdict == .send, !handOff.isTest, let kept = try keeper?.keeps(facts, handOff, transaction) {
                    verdict = kept
                }
                guard case .send = verdict else {
                    stopped.append(Stop(message: facts, fence: handOff.fence, isTest: handOff.isTest, verdict: verdict))
                    continue
                }
                undecided.remove(handOff.id)
                handOff.language = facts.language
                let isAnswer = TextAnswer(category: facts.category) != nil
                if !handOff.isTest, !isAnswer {
                    if let known = closes[facts.zones] {
                        handOff.closes = known
                    } else {
                        handOff.closes = Gate.closes(facts, policy, now: now)
                        closes[facts.zones] = .some(handOff.closes)
                    }
                    if channel == .sms, let every = policy.stopEvery {
                        handOff.tellsStop = try StopWording.isDue(facts, every: every, transaction)
                    }
                }
                handOffs.append(handOff)
            }
        }
        let strict = request.limit - request.aged
        for priority in Int64(0)...9 where handOffs.count + stopped.count < strict {
            try claim(priority, strict - handOffs.count - stopped.count)
        }
        if request.aged > 0, handOffs.count + stopped.count >= strict,
            let priority = try transaction.first(oldest, share + [.integer(now)], { $0.integer(0) })
        {
            try claim(priority, request.aged)
        }
        try keeper?.write(transaction)
        decided(.send, handOffs.count)
        for stop in stopped { decided(stop.verdict.decision, 1) }
        try finish(stopped, transaction)
        // What no rule was asked about.
        if tables.hasAddressees, isPlain {
            for index in handOffs.indices where handOffs[index].language == nil {
                handOffs[index].language = try Addressee.of(handOffs[index].addressKey, transaction)?.facts
                    .language
            }
        }
        for index in handOffs.indices where handOffs[index].doubtSince != nil {
            let name = try transaction.first(doubtLane, [.integer(handOffs[index].id)]) { $0.optionalText(0) ?? "" }
            handOffs[index].doubtLane = name?.isEmpty ?? true ? nil : name
        }
        return try fetchLarge(handOffs, request, transaction)
    }

    static func zones(_ text: String?) -> [String] {
        text.map { $0.split(separator: ",").map(String.init) } ?? []
    }

    /// Asks the gate, with all that it needs to know.
    ///
    /// - Parameters:
    ///   - message: what is found out is added to it.
    ///   - undecided: messages that are claimed and not sent.
    static func decide(
        _ message: inout Gate.Facts,
        _ policy: CompliancePolicy,
        optOuts: [OptOut],
        isTest: Bool,
        tables: Contacts.Tables? = nil,
        mayBeStopped: Bool = true,
        _ undecided: Set<Int64>,
        _ transaction: any Transaction
    ) throws -> Gate.Verdict {
        let now = transaction.now
        guard !isTest else { return Gate.decide(message, optOuts: optOuts, now: now) }
        message = try Contacts.complete(
            message,
            policy,
            tables,
            mayBeStopped: mayBeStopped,
            but: undecided,
            now: now,
            transaction
        )
        return Gate.decide(message, policy, optOuts: optOuts, now: now)
    }

    /// Adds the documents that were too large to come with the claim. What the budget does not cover waits again.
    private static func fetchLarge(
        _ handOffs: [HandOff],
        _ request: ClaimRequest,
        _ transaction: any Transaction
    ) throws -> [HandOff] {
        var budget = Int64(request.byteBudget)
        var isFirst = request.isFirstFree
        return try handOffs.compactMap { handOff in
            guard handOff.document.isEmpty else { return handOff }
            let size = try transaction.first(size, [.integer(handOff.id)]) { $0.integer(0) } ?? 0
            guard isFirst || size <= budget else {
                try transaction.execute(putBack, [.integer(handOff.id), .integer(handOff.fence)])
                return nil
            }
            isFirst = false
            budget -= size
            var handOff = handOff
            handOff.document = try transaction.first(document, [.integer(handOff.id)]) { $0.bytes(0) } ?? []
            return handOff
        }
    }

    /// Puts back what a limit keeps, and moves what stands right behind it out of the way too.
    static func park(_ parkings: [Parking], _ moves: [Parking.Move], _ transaction: any Transaction) throws
        -> [Int]
    {
        try transaction.batch(
            park,
            parkings.map { [.integer($0.handOff.id), .integer($0.handOff.fence), .text($0.share.name)] }
        )
        return try moves.map { one in
            try transaction.execute(
                move,
                [
                    .text(one.from.channel.rawValue), .text(one.from.name), .integer(Int64(one.priority)),
                    .integer(transaction.now), .integer(Parking.Move.reach), .text(one.to.name), .text(one.domain),
                ]
            )
        }
    }

    /// Puts back what a worker was given and does not know of: the answer to the COMMIT of its claim was lost. Nothing of it
    /// can have left.
    static func putBack(allBut inHand: Set<Int64>, of node: Int64, _ transaction: any Transaction) throws {
        let given = try transaction.all(ofNode, [.integer(node)]) { (id: $0.integer(0), fence: $0.integer(1)) }
        try transaction.batch(
            putBack,
            given.filter { !inHand.contains($0.id) }.map { [.integer($0.id), .integer($0.fence)] }
        )
    }

    /// Hands off again what did not start to leave in time: the gate is asked anew.
    ///
    /// - Returns: the ids that may go.
    static func handOffAgain(
        _ stale: [HandOff],
        _ policies: CompliancePolicies,
        _ transaction: any Transaction,
        _ decided: (Channel, Gate.Decision) -> Void = { _, _ in }
    ) throws -> Set<Int64> {
        var may: Set<Int64> = []
        var stopped: [Stop] = []
        let orders = try Set(stale.map(\.channel)).flatMap { try Pauses.ofMessages($0, transaction) }
        for handOff in stale {
            let facts = try transaction.first(stillSending, [.integer(handOff.id), .integer(handOff.fence)]) { row in
                var facts = Gate.Facts(
                    channel: handOff.channel,
                    brand: row.text(2),
                    category: row.text(3),
                    addressKey: row.text(1),
                    expires: row.optionalInteger(0)
                )
                facts.id = handOff.id
                facts.domain = row.text(4)
                facts.zones = Queue.zones(row.optionalText(5))
                facts.template = row.text(6)
                return facts
            }
            guard var facts else { continue }
            var verdict = try Queue.decide(
                &facts,
                policies[facts.brand],
                optOuts: try OptOuts.covering(facts.addressKey, transaction),
                isTest: handOff.isTest,
                Set(stopped.map(\.message.id)),
                transaction
            )
            if verdict == .send, !handOff.isTest, let kept = orders.keeps(facts, now: transaction.now) {
                verdict = kept
            }
            decided(handOff.channel, verdict.decision)
            if case .send = verdict {
                may.insert(handOff.id)
            } else {
                stopped.append(Stop(message: facts, fence: handOff.fence, isTest: handOff.isTest, verdict: verdict))
            }
        }
        try finish(stopped, transaction)
        return may
    }

    /// A message that the gate does not let go now.
    private struct Stop {
        let message: Gate.Facts
        let fence: Int64
        let isTest: Bool
        let verdict: Gate.Verdict
    }

    private static func finish(
        _ stopped: [Stop],
        _ transaction: any Transaction
    ) throws {
        guard !stopped.isEmpty else { return }
        var rows: [[SQLValue]] = []
        var events: [Event] = []
        for stop in stopped {
            let (id, fence, verdict) = (stop.message.id, stop.fence, stop.verdict)
            if case .wait(let until, let rules) = verdict {
                try transaction.execute(deferring, [.integer(id), .integer(fence), .integer(until)])
                let detail = "until \(Timestamp.text(until)): \(rules.joined(separator: ", "))"
                events.append(Event(message: id, at: transaction.now, kind: .deferred, detail: detail))
            }
            if case .keep(let keeper, let reason, _) = verdict {
                let share = Share(channel: stop.message.channel, brand: stop.message.brand, limit: keeper)
                try transaction.execute(park, [.integer(id), .integer(fence), .text(share.name)])
                events.append(Event(message: id, at: transaction.now, kind: .deferred, detail: reason))
            }
            guard let (state, reason) = verdict.end else { continue }
            rows.append([
                .integer(id), .integer(fence), .text(state.rawValue),
                state.isFinal ? .integer(transaction.now) : .null, .text(reason),
            ])
            events.append(Event(message: id, at: transaction.now, kind: .init(state), detail: reason))
        }
        try transaction.batch(finishUnsent, rows)
        try Event.insert(events, transaction)
        try Evidence.append(
            stopped.filter { !$0.isTest }.map { Evidence.Entry($0.message, $0.verdict) },
            transaction
        )
        var counts: [ComplianceCounts.Key: Int64] = [:]
        for stop in stopped where !stop.isTest {
            for rule in stop.verdict.rules {
                let kind: ComplianceCounts.Kind = stop.verdict.decision == .defer ? .deferred : .blocked
                counts[.init(brand: stop.message.brand, kind: kind, subject: rule), default: 0] += 1
            }
        }
        try ComplianceCounts.add(counts, transaction)
    }
}
