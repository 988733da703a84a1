import Storage

extension Queue {
    private static let expire = Statement {
        """
        WITH late AS MATERIALIZED (
            SELECT id FROM message
            WHERE state IN ('waiting', 'held') AND expires IS NOT NULL AND expires <= $1
            ORDER BY expires LIMIT $2 \($0.forUpdateSkipLocked)
        )
        UPDATE message SET state = 'expired', finished_at = $1, reason = 'expired before it could be sent'
        WHERE id IN (SELECT id FROM late) AND state IN ('waiting', 'held')
        RETURNING id
        """
    }
    private static let prunable = Statement(
        """
        SELECT id FROM message WHERE finished_at IS NOT NULL AND state = $1 AND finished_at < $2
            AND NOT EXISTS (SELECT 1 FROM legal_hold WHERE legal_hold.address_key = message.address_key)
        ORDER BY finished_at LIMIT $3
        """
    )
    private static let deleteEvents = Statement("DELETE FROM event WHERE message = $1")
    private static let deleteContent = Statement("DELETE FROM content WHERE id = $1")
    private static let deleteReferences = Statement("DELETE FROM provider_reference WHERE message = $1")
    private static let deleteMessage = Statement("DELETE FROM message WHERE id = $1 AND finished_at IS NOT NULL")
    private static let deleteThroughput = Statement("DELETE FROM throughput WHERE minute < $1")

    private static let nextKept = Statement(
        """
        SELECT share FROM message WHERE state = 'waiting' AND channel = $1 AND share > $2 AND share < $3
        ORDER BY share LIMIT 1
        """
    )
    private static let freeKept = Statement(
        """
        UPDATE message SET share = brand
        WHERE id IN (SELECT id FROM message WHERE state = 'waiting' AND channel = $1 AND share = $2 LIMIT $3)
            AND state = 'waiting'
        """
    )

    static let tidyStatements =
        [
            nextKept, freeKept, expire, prunable, deleteEvents, deleteContent, deleteReferences, deleteMessage,
            deleteThroughput,
        ]

    /// Puts what an order has kept among its brand's again, once that order has ended.
    ///
    /// - Returns: how many; fewer than `limit` means that none is left.
    func freeKept(now: Int64, limit: Int) async throws -> Int {
        var freed = 0
        for channel in Channel.dispatched {
            let orders = try await database.read { try Pauses.ofMessages(channel, $0) }
            for brand in try await waitingBrands(channel) where freed < limit {
                freed += try await freeKept(channel, brand, orders, now: now, limit: limit - freed)
            }
        }
        if freed > 0 { bell.ring(Bell.anything) }
        return freed
    }

    private func freeKept(
        _ channel: Channel,
        _ brand: String,
        _ orders: [Pause],
        now: Int64,
        limit: Int
    ) async throws -> Int {
        var freed = 0
        var last = Share(channel: channel, brand: brand, limit: Pause.keeperPrefix).name
        let end = last + "\u{10ffff}"
        while freed < limit {
            let values: [SQLValue] = [.text(channel.rawValue), .text(last), .text(end)]
            guard let name = try await database.read({ try $0.first(Queue.nextKept, values) { $0.text(0) } }) else {
                break
            }
            last = name
            let keeper = Share(channel: channel, name: name).limit
            let isKept = orders.contains {
                $0.keeper == keeper && ($0.brand.map { $0 == brand } ?? true) && $0.isInForce(now)
            }
            if isKept { continue }
            if try await isOfRun(keeper, brand) { continue }
            let most = limit - freed
            freed += try await database.write(.process) {
                try $0.execute(Queue.freeKept, [.text(channel.rawValue), .text(name), .integer(Int64(most))])
            }
        }
        return freed
    }

    /// Whether it is the rest of a run that waits, or has failed. Its order is given again where a person's took its place and has ended;
    /// one that is yet to begin stands, and the rest stays all the same.
    private func isOfRun(_ keeper: String?, _ brand: String) async throws -> Bool {
        let prefix = Pause.keeperPrefix + ":"
        guard policies[brand].canary != nil, let keeper, keeper.hasPrefix(prefix) else { return false }
        let template = String(keeper.dropFirst(prefix.count))
        return try await database.write(.process) { transaction in
            guard let run = try Runs.find(brand, template, transaction), run.state == .waiting || run.state == .failed
            else {
                return false
            }
            try Pauses.put(run.order(now: transaction.now), transaction)
            return true
        }
    }

    /// Ends messages whose time has passed, though no lane asked for them.
    ///
    /// - Returns: how many; fewer than `limit` means that none is left.
    func expire(limit: Int) async throws -> Int {
        try await database.write(.process) { transaction in
            let now = transaction.now
            var ids: [Int64] = []
            try transaction.query(Queue.expire, [.integer(now), .integer(Int64(limit))]) { ids.append($0.integer(0)) }
            try Event.insert(
                ids.map { Event(message: $0, at: now, kind: .expired, detail: "expired before it could be sent") },
                transaction
            )
            return ids.count
        }
    }

    /// Decides what stands by behind messages that have arrived, or have not.
    func decideFallbacks(now: Int64, limit: Int) async throws -> Int {
        guard try await database.read({ try Fallback.isAny($0, now: now) }) else { return 0 }
        defer { bell.ring(Bell.anything) }
        return try await database.write(.process) { try Fallback.decide($0, limit: limit) }
    }

    /// How far rules that count look back, milliseconds.
    public var longestCap: Int64 { policies.longestCap }

    /// Forgets messages that ended before `cutoff`; the totals remember how many there were.
    ///
    /// - Returns: how many; fewer than `limit` means that none is left.
    func prune(finishedBefore cutoff: Int64, limit: Int) async throws -> Int {
        let caps = longestCap
        return try await database.write(.process) { transaction in
            var total = 0
            for state in MessageState.allCases where state.isFinal && total < limit {
                let ids = try transaction.all(
                    Queue.prunable,
                    [.text(state.rawValue), .integer(cutoff), .integer(Int64(limit - total))]
                ) { $0.integer(0) }
                guard !ids.isEmpty else { continue }
                try Queue.forget(ids, in: state, caps: caps, transaction)
                total += ids.count
            }
            try transaction.execute(Queue.deleteThroughput, [.integer(cutoff / 60_000)])
            return total
        }
    }

    /// Deletes finished messages of a state with all that belongs to them; the books count them on.
    ///
    /// - Parameter caps: how far rules that count look back, milliseconds.
    static func forget(
        _ ids: [Int64],
        in state: MessageState,
        caps: Int64,
        _ transaction: any Transaction
    ) throws {
        guard !ids.isEmpty else { return }
        if caps > 0 { try Contacts.leaveTraces(of: ids, since: transaction.now - caps, transaction) }
        for id in ids { try Fallback.end(behind: id, "the message before it was forgotten", transaction) }
        let rows = ids.map { [SQLValue.integer($0)] }
        try transaction.batch(deleteEvents, rows)
        try transaction.batch(deleteContent, rows)
        try transaction.batch(deleteReferences, rows)
        try transaction.batch(ManualTasks.forget, rows)
        try transaction.batch(deleteMessage, rows)
        try Tally.add(Int64(ids.count), to: Tally.pruned(state), transaction)
    }
}
