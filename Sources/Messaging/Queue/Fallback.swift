import Storage

/// Messages that stand by: each goes when the one before it, on another channel, does not arrive.
///
/// All of a chain are stored when it is accepted. A step is one guarded change in the transaction that ends the message before,
/// so that a crash leaves either none of it or all, and never two messages underway.
enum Fallback {
    /// The reason of a message that stands by.
    static let reason = "fallback"

    private static let link = Statement(
        "INSERT INTO fallback (message, next, approval, span, deadline, decide_at) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    private static let after = Statement("SELECT next, approval FROM fallback WHERE message = $1")
    private static let undecided = Statement(
        """
        SELECT fallback.message, next, approval, deadline, message.state, message.channel
        FROM fallback JOIN message ON message.id = fallback.message
        WHERE decide_at <= $1 ORDER BY decide_at LIMIT $2
        """
    )
    private static let postpone = Statement("UPDATE fallback SET decide_at = $2 WHERE message = $1")
    private static let begin = Statement(
        "UPDATE fallback SET deadline = $2 + span, decide_at = $2 WHERE message = $1"
    )
    private static let unlink = Statement("DELETE FROM fallback WHERE message = $1")
    private static let start = Statement(
        """
        UPDATE message SET state = 'waiting', due = CASE WHEN due > $2 THEN due ELSE $2 END, since = $2, reason = NULL,
            share = brand
        WHERE id = $1 AND state = 'held' AND reason = 'fallback'
        """
    )
    private static let askFor = Statement(
        "UPDATE message SET reason = $2 WHERE id = $1 AND state = 'held' AND reason = 'fallback'"
    )
    private static let drop = Statement(
        """
        UPDATE message SET state = 'cancelled', finished_at = $2, reason = $3
        WHERE id = $1 AND state = 'held' AND reason = 'fallback'
        """
    )
    private static let giveUp = Statement(
        "UPDATE message SET state = 'cancelled', finished_at = $2, reason = $3 WHERE id = $1 AND state = 'waiting'"
    )
    private static let show = Statement("SELECT channel FROM message WHERE id = $1")

    static let statements = [link, after, undecided, postpone, begin, unlink, start, askFor, drop, giveUp, show]

    /// How often a chain is looked at that nothing has been heard of, milliseconds.
    static let patience: Int64 = 60_000

    /// Puts messages behind another, in order.
    static func link(
        _ first: Int64,
        _ others: [(id: Int64, needsApproval: Bool)],
        within: Int64?,
        due: Int64,
        _ transaction: any Transaction
    ) throws {
        var before = first
        for other in others {
            let start = max(due, transaction.now)
            let deadline = before == first ? within.map { start + $0 } : nil
            try transaction.execute(
                link,
                [
                    .integer(before), .integer(other.id), .integer(other.needsApproval ? 1 : 0), .optional(within),
                    .optional(deadline), .integer(before == first ? start : .max),
                ]
            )
            before = other.id
        }
    }

    /// Does what follows from events: the next one goes, or, after a person's cancel, none does.
    static func heed(_ events: [Event], _ transaction: any Transaction) throws {
        for event in events {
            switch event.kind {
            case .rejected, .gaveUp, .blocked, .bounced, .expired:
                guard let (next, approval) = try transaction.first(after, [.integer(event.message)], pair) else {
                    continue
                }
                try step(from: event.message, to: next, approval: approval, event.kind.rawValue, transaction)
            case .cancelled:
                try end(behind: event.message, "cancelled with the message before it", transaction)
            case .approved, .replayed:
                try transaction.execute(begin, [.integer(event.message), .integer(transaction.now)])
            case .sent, .retry, .uncertain, .held, .delivered, .edited, .replied, .complained, .deferred, .late,
                .nextChannel:
                break
            }
        }
    }

    private static func pair(_ row: any Row) -> (Int64, Bool) { (row.integer(0), row.integer(1) != 0) }

    /// Whether a chain's time has come.
    static func isAny(_ connection: any Connection, now: Int64) throws -> Bool {
        try connection.first(undecided, [.integer(now), .integer(1)]) { _ in true } ?? false
    }

    /// Looks at chains whose time has come: what has arrived ends them, and what has not arrived in time makes them go on.
    ///
    /// - Returns: how many; fewer than `limit` means that none is left.
    static func decide(_ transaction: any Transaction, limit: Int) throws -> Int {
        let now = transaction.now
        let found = try transaction.all(undecided, [.integer(now), .integer(Int64(limit))]) { row in
            (
                message: row.integer(0), next: row.integer(1), approval: row.integer(2) != 0,
                deadline: row.optionalInteger(3), state: MessageState(rawValue: row.text(4)) ?? .held,
                channel: Channel(rawValue: row.text(5)) ?? .email
            )
        }
        for one in found {
            let isOver = one.deadline.map { now >= $0 } ?? false
            switch one.state {
            case .delivered:
                try end(behind: one.message, "not needed: \(one.channel.rawValue) arrived", transaction)
            case .sent where !one.channel.tellsArrival:
                try end(behind: one.message, "not needed: \(one.channel.rawValue) was taken", transaction)
            case .failed, .blocked, .bounced, .expired:
                try step(from: one.message, to: one.next, approval: one.approval, one.state.rawValue, transaction)
            case .cancelled:
                try end(behind: one.message, "cancelled with the message before it", transaction)
            case .sent where isOver:
                try step(from: one.message, to: one.next, approval: one.approval, "not delivered in time", transaction)
            case .waiting where isOver:
                let reason = "not delivered in time: the next channel goes"
                guard try transaction.execute(giveUp, [.integer(one.message), .integer(now), .text(reason)]) > 0 else {
                    try transaction.execute(postpone, [.integer(one.message), .integer(now + 1000)])
                    continue
                }
                try step(from: one.message, to: one.next, approval: one.approval, "not delivered in time", transaction)
                try Event.insert(
                    [Event(message: one.message, at: now, kind: .cancelled, detail: reason)],
                    transaction
                )
            case .sending:
                try transaction.execute(postpone, [.integer(one.message), .integer(now + 1000)])
            case .waiting, .held, .sent:
                let next = max(isOver ? 0 : min(one.deadline ?? .max, now + patience), now + 1000)
                try transaction.execute(postpone, [.integer(one.message), .integer(next)])
            }
        }
        return found.count
    }

    private static func step(
        from message: Int64,
        to next: Int64,
        approval: Bool,
        _ why: String,
        _ transaction: any Transaction
    ) throws {
        try transaction.execute(unlink, [.integer(message)])
        let channel = try transaction.first(show, [.integer(message)]) { $0.text(0) } ?? ""
        let moved =
            approval
            ? try transaction.execute(askFor, [.integer(next), .text(Queue.approvalReason)])
            : try transaction.execute(start, [.integer(next), .integer(transaction.now)])
        guard moved > 0 else { return }
        let detail = "message \(message) (\(channel)): \(why.replacing("_", with: " "))"
        try Event.insert([Event(message: next, at: transaction.now, kind: .nextChannel, detail: detail)], transaction)
        try transaction.execute(begin, [.integer(next), .integer(transaction.now)])
    }

    /// Ends all that stand by behind a message.
    static func end(behind message: Int64, _ reason: String, _ transaction: any Transaction) throws {
        var message = message
        var events: [Event] = []
        while let (next, _) = try transaction.first(after, [.integer(message)], pair) {
            try transaction.execute(unlink, [.integer(message)])
            let dropped = try transaction.execute(drop, [.integer(next), .integer(transaction.now), .text(reason)])
            if dropped > 0 {
                events.append(Event(message: next, at: transaction.now, kind: .cancelled, detail: reason))
            }
            message = next
        }
        try Event.insert(events, transaction)
    }
}

extension Channel {
    /// Whether somebody tells later what arrived; elsewhere what the other side took counts as arrived.
    var tellsArrival: Bool {
        switch self {
        case .sms, .call, .letter: true
        case .email, .linkedin, .webhook, .event: false
        }
    }
}
