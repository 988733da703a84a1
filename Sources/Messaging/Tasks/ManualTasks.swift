import JSON
public import Storage

/// The table of what people are to do. A task is its message's: it is opened once, and what comes of it ends the message.
public struct ManualTasks: Sendable {
    let database: any Database
    private let bell: Bell
    private let policies: CompliancePolicies

    public init(_ queue: Queue) {
        database = queue.database
        policies = queue.policies
        bell = queue.bell
    }

    /// A task that was left undone is opened again with its message.
    private static let open = Statement(
        """
        INSERT INTO task (message, state, assignee, opened_at, due) VALUES ($1, 'open', $2, $3, $4)
        ON CONFLICT (message) DO UPDATE SET state = 'open', opened_at = excluded.opened_at, due = excluded.due, outcome = NULL,
            note = NULL, actor = NULL, finished_at = NULL
        WHERE task.outcome = 'not_done'
        """
    )
    private static let columns = """
        task.message, message.channel, message.brand, content.customer, task.state, task.assignee, task.opened_at, task.due,
            task.outcome, task.note, task.actor, task.finished_at, message.category, message.address_key, message.expires,
            content.document, message.zones, message.test
        """
    private static let from = "task JOIN message ON message.id = task.message JOIN content ON content.id = task.message"
    private static let show = Statement("SELECT \(columns) FROM \(from) WHERE task.message = $1")
    private static let listOpen = Statement(
        """
        SELECT \(columns) FROM \(from)
        WHERE task.state = 'open' AND (task.due, task.message) > ($1, $2)
            AND (CAST($3 AS TEXT) IS NULL OR task.assignee = $3)
        ORDER BY task.due, task.message LIMIT $4
        """
    )
    private static let listDone = Statement(
        """
        SELECT \(columns) FROM \(from)
        WHERE task.state = 'done' AND task.message < $1 AND (CAST($2 AS TEXT) IS NULL OR task.assignee = $2)
        ORDER BY task.message DESC LIMIT $3
        """
    )
    private static let finishTask = Statement(
        """
        UPDATE task SET state = 'done', outcome = $2, note = $3, actor = $4, finished_at = $5
        WHERE message = $1 AND state = 'open'
        """
    )
    private static let finishMessage = Statement(
        """
        UPDATE message SET state = $2, reason = $3, finished_at = $4
        WHERE id = $1 AND state = 'sent' AND EXISTS (SELECT 1 FROM task WHERE message = $1 AND state = 'open')
        """
    )
    private static let assign = Statement("UPDATE task SET assignee = $2 WHERE message = $1 AND state = 'open'")
    private static let countOpen = Statement("SELECT count(*) FROM task WHERE state = 'open'")
    static let forget = Statement("DELETE FROM task WHERE message = $1")

    static let statements = [open, show, listOpen, listDone, finishTask, finishMessage, assign, countOpen, forget]

    // MARK: - Opening

    /// - Returns: when each is to be done by.
    func open(_ messages: [Int64], assignee: String?, within: Int64) async throws -> Int64 {
        try await database.write(.process) { transaction in
            let due = transaction.now + within
            try transaction.batch(
                ManualTasks.open,
                messages.map { [.integer($0), .optional(assignee), .integer(transaction.now), .integer(due)] }
            )
            return due
        }
    }

    // MARK: - Looking

    /// - Parameter id: the message's.
    public func task(_ id: Int64, now: Int64) async throws -> ManualTask? {
        try await database.read { connection in
            try connection.first(ManualTasks.show, [.integer(id)], ManualTasks.row).map {
                try judged($0, connection, now: now)
            }
        }
    }

    /// Open tasks, those that are due first.
    ///
    /// - Parameter after: the last of the page before.
    public func open(
        after: ManualTask? = nil,
        assignee: String? = nil,
        limit: Int,
        now: Int64
    ) async throws -> [ManualTask] {
        let values: [SQLValue] = [
            .integer(after?.due ?? .min), .integer(after?.id ?? 0), .optional(assignee), .integer(Int64(limit)),
        ]
        return try await database.read { connection in
            try connection.all(ManualTasks.listOpen, values, ManualTasks.row).map {
                try judged($0, connection, now: now)
            }
        }
    }

    /// Tasks that are done, those of the newest messages first.
    public func done(
        before: Int64 = .max,
        assignee: String? = nil,
        limit: Int,
        now: Int64
    ) async throws -> [ManualTask] {
        let values: [SQLValue] = [.integer(before), .optional(assignee), .integer(Int64(limit))]
        return try await database.read { connection in
            try connection.all(ManualTasks.listDone, values, ManualTasks.row).map {
                try judged($0, connection, now: now)
            }
        }
    }

    public func countOpen() async throws -> Int64 {
        try await database.read { try $0.first(ManualTasks.countOpen) { $0.integer(0) } ?? 0 }
    }

    private struct Found {
        let task: (String?) -> ManualTask
        let facts: Gate.Facts
        let isOpen: Bool
        let isTest: Bool
    }

    private static func row(_ row: any Row) throws -> Found {
        let channel = Channel(rawValue: row.text(1)) ?? .call
        let document = try? JSONValue.parse(row.bytes(15))
        let fields = (
            id: row.integer(0), brand: row.text(2), customer: row.optionalText(3), state: row.text(4),
            assignee: row.optionalText(5), opened: row.integer(6), due: row.integer(7), outcome: row.optionalText(8),
            note: row.optionalText(9), by: row.optionalText(10), finished: row.optionalInteger(11)
        )
        let isOpen = fields.state == ManualTask.State.open.rawValue
        var facts = Gate.Facts(
            channel: channel,
            brand: fields.brand,
            category: row.text(12),
            addressKey: row.text(13),
            expires: row.optionalInteger(14)
        )
        facts.id = fields.id
        facts.zones = Queue.zones(row.optionalText(16))
        return Found(
            task: { stop in
                ManualTask(
                    id: fields.id,
                    channel: channel,
                    to: document?["to"]?.string ?? "",
                    brand: fields.brand,
                    customer: fields.customer,
                    state: isOpen ? .open : .done,
                    assignee: fields.assignee,
                    openedAt: fields.opened,
                    due: fields.due,
                    outcome: fields.outcome.flatMap(ManualTask.Outcome.init),
                    note: fields.note,
                    by: fields.by,
                    finishedAt: fields.finished,
                    stop: stop
                )
            },
            facts: facts,
            isOpen: isOpen,
            isTest: row.integer(17) != 0
        )
    }

    /// The gate is asked whenever somebody looks: who has said no since is not called, nor who must not be called at this hour,
    /// or has been called too often.
    private func judged(_ found: Found, _ connection: any Connection, now: Int64) throws -> ManualTask {
        guard found.isOpen else { return found.task(nil) }
        let optOuts = try OptOuts.covering(found.facts.addressKey, connection)
        let policy = policies[found.facts.brand]
        let facts = try Contacts.complete(found.facts, policy, but: [], now: now, connection)
        var task = found.task(Gate.decide(facts, optOuts: optOuts, now: now).end?.reason)
        guard task.stop == nil, !found.isTest else { return task }
        switch Gate.decide(facts, policy, optOuts: [], now: now) {
        case .wait(let until, let rules):
            task.notNow = "not before \(Timestamp.text(until)): \(rules.joined(separator: ", "))"
        case .block(let reason, _), .hold(let reason, _): task.notNow = reason
        case .tooLate(let rules): task.notNow = "not any more: \(rules.joined(separator: ", "))"
        case .send, .expire, .keep: break
        }
        return task
    }

    // MARK: - Working off

    public enum Finished: Sendable, Equatable {
        case done
        /// It is not open, or was not handed over entirely yet.
        case notOpen
        /// The person said no meanwhile, or it is too late: it can only be left.
        case stopped(String)
    }

    /// Ends a task, and its message with it, durably.
    ///
    /// - Parameters:
    ///   - id: the message's.
    ///   - by: who, for the message's story.
    public func finish(_ id: Int64, _ outcome: ManualTask.Outcome, note: String?, by: String) async throws -> Finished {
        defer { bell.ring(Bell.anything) }
        return try await database.write(.power) { transaction in
            guard let found = try transaction.first(ManualTasks.show, [.integer(id)], ManualTasks.row) else {
                return .notOpen
            }
            let task = try judged(found, transaction, now: transaction.now)
            if let stop = task.stop, outcome != .notDone { return .stopped(stop) }
            // Who says no meanwhile is blocked, not failed.
            let blocked = task.stop.map { (state: MessageState.blocked, kind: Event.Kind.blocked, reason: $0) }
            let end = blocked ?? (outcome.end.state, outcome.end.kind, outcome.rawValue)
            let moved = try transaction.execute(
                ManualTasks.finishMessage,
                [.integer(id), .text(end.state.rawValue), .text(end.reason), .integer(transaction.now)]
            )
            guard moved > 0 else { return .notOpen }
            try transaction.execute(
                ManualTasks.finishTask,
                [.integer(id), .text(outcome.rawValue), .optional(note), .text(by), .integer(transaction.now)]
            )
            let detail = "\(blocked?.reason ?? outcome.rawValue)\(note.map { ": \($0)" } ?? "") (\(by))"
            try Event.insert([Event(message: id, at: transaction.now, kind: end.kind, detail: detail)], transaction)
            if outcome.isNoAddress { try Queue.suppress(id, OptOut.bounce, detail, transaction) }
            return .done
        }
    }

    /// - Parameter assignee: `nil` for nobody.
    /// - Returns: whether the task is open.
    public func assign(_ id: Int64, to assignee: String?) async throws -> Bool {
        try await database.write(.power) {
            try $0.execute(ManualTasks.assign, [.integer(id), .optional(assignee)]) > 0
        }
    }
}
