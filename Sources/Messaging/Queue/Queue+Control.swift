import Storage

/// What a person may do with messages.
public enum MessageAction: String, Sendable, CaseIterable {
    /// Waiting or held ones end.
    case cancel
    /// Failed ones go again, with all their retries.
    case retry
    /// Held ones go.
    case approve
    /// Waiting ones wait for a word.
    case hold

    /// The states that the action starts from.
    public var from: [MessageState] {
        switch self {
        case .cancel: [.waiting, .held]
        case .retry: [.failed]
        case .approve: [.held]
        case .hold: [.waiting]
        }
    }

    var event: Event.Kind {
        switch self {
        case .cancel: .cancelled
        case .retry: .replayed
        case .approve: .approved
        case .hold: .held
        }
    }

    fileprivate var statement: Statement {
        switch self {
        case .cancel: MessageAction.cancelStatement
        case .retry: MessageAction.retryStatement
        case .approve: MessageAction.approveStatement
        case .hold: MessageAction.holdStatement
        }
    }

    private static let cancelStatement = Statement(
        """
        UPDATE message SET state = 'cancelled', finished_at = $2, reason = $3
        WHERE id = $1 AND state IN ('waiting', 'held')
        """
    )
    private static let retryStatement = Statement(
        """
        UPDATE message SET state = 'waiting', due = $2, since = $2, attempts = 0, finished_at = NULL, reason = $3
        WHERE id = $1 AND state = 'failed'
        """
    )
    private static let approveStatement = Statement(
        """
        UPDATE message SET state = 'waiting', due = CASE WHEN due > $2 THEN due ELSE $2 END, since = $2, reason = $3
        WHERE id = $1 AND state = 'held'
        """
    )
    private static let holdStatement = Statement(
        """
        UPDATE message SET state = 'held', due = CASE WHEN due > $2 THEN due ELSE $2 END, reason = $3
        WHERE id = $1 AND state = 'waiting'
        """
    )

    static let statements = [cancelStatement, retryStatement, approveStatement, holdStatement]
}

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
        ORDER BY finished_at LIMIT $3
        """
    )
    private static let deleteEvents = Statement("DELETE FROM event WHERE message = $1")
    private static let deleteContent = Statement("DELETE FROM content WHERE id = $1")
    private static let deleteMessage = Statement("DELETE FROM message WHERE id = $1 AND finished_at IS NOT NULL")
    private static let deleteThroughput = Statement("DELETE FROM throughput WHERE minute < $1")

    static let controlStatements =
        MessageAction.statements + [expire, prunable, deleteEvents, deleteContent, deleteMessage, deleteThroughput]

    /// Does what a person asked for, durably.
    ///
    /// - Parameter by: who asked, for the message's story.
    /// - Returns: the ids that it was done to; the others were in another state.
    public func perform(_ action: MessageAction, on ids: [Int64], by: String) async throws -> [Int64] {
        try await database.write(.power) { transaction in
            let changes = try transaction.batch(
                action.statement,
                ids.map { [.integer($0), .integer(transaction.now), .text("\(action.event.rawValue) by \(by)")] }
            )
            let done = zip(ids, changes).filter { $0.1 > 0 }.map(\.0)
            try Event.insert(
                done.map { Event(message: $0, at: transaction.now, kind: action.event, detail: "by \(by)") },
                transaction
            )
            return done
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

    /// Forgets messages that ended before `cutoff`; the totals remember how many there were.
    ///
    /// - Returns: how many; fewer than `limit` means that none is left.
    func prune(finishedBefore cutoff: Int64, limit: Int) async throws -> Int {
        try await database.write(.process) { transaction in
            var total = 0
            for state in MessageState.allCases where state.isFinal && total < limit {
                let ids = try transaction.all(
                    Queue.prunable,
                    [.text(state.rawValue), .integer(cutoff), .integer(Int64(limit - total))]
                ) { [SQLValue.integer($0.integer(0))] }
                guard !ids.isEmpty else { continue }
                try transaction.batch(Queue.deleteEvents, ids)
                try transaction.batch(Queue.deleteContent, ids)
                try transaction.batch(Queue.deleteMessage, ids)
                try Tally.add(Int64(ids.count), to: Tally.pruned(state), transaction)
                total += ids.count
            }
            try transaction.execute(Queue.deleteThroughput, [.integer(cutoff / 60_000)])
            return total
        }
    }
}
