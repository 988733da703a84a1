public import Storage

/// The table of what people have written to us: each is a task until somebody has seen to it.
public struct Replies: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    private static let columns = """
        id, at, channel, sender, subject, words, asks, message, brand, state, assignee, note, actor, finished_at
        """
    private static let insert = Statement(
        """
        INSERT INTO reply (at, channel, sender, address_key, subject, words, asks, message, brand, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')
        """
    )
    private static let find = Statement("SELECT \(columns) FROM reply WHERE id = $1")
    private static let listOpen = Statement(
        "SELECT \(columns) FROM reply WHERE state = 'open' AND id > $1 ORDER BY id LIMIT $2"
    )
    private static let listDone = Statement(
        "SELECT \(columns) FROM reply WHERE state = 'done' AND id < $1 ORDER BY id DESC LIMIT $2"
    )
    private static let ofKey = Statement("SELECT \(columns) FROM reply WHERE address_key = $1 ORDER BY id")
    private static let countOpen = Statement("SELECT count(*) FROM reply WHERE state = 'open'")
    private static let finish = Statement(
        """
        UPDATE reply SET state = 'done', note = $2, actor = $3, finished_at = $4 WHERE id = $1 AND state = 'open'
        """
    )
    private static let assign = Statement("UPDATE reply SET assignee = $2 WHERE id = $1 AND state = 'open'")
    private static let erase = Statement("DELETE FROM reply WHERE address_key = $1")
    private static let prune = Statement(
        """
        DELETE FROM reply WHERE state = 'done' AND finished_at < $1
            AND NOT EXISTS (SELECT 1 FROM legal_hold WHERE legal_hold.address_key = reply.address_key)
        """
    )

    static let statements = [insert, find, listOpen, listDone, ofKey, countOpen, finish, assign, erase, prune]

    /// Unicode scalars of one that are kept, and of its subject.
    static let longest = (text: 20_000, subject: 500)

    static func add(
        _ channel: Channel,
        from sender: String,
        key: String,
        subject: String = "",
        text: String,
        asks: WishReader.Wish?,
        message: Int64?,
        brand: String?,
        _ transaction: any Transaction
    ) throws {
        try transaction.execute(
            insert,
            [
                .integer(transaction.now), .text(channel.rawValue), .text(sender), .text(key),
                .text(String(subject.unicodeScalars.prefix(longest.subject))),
                .text(String(text.unicodeScalars.prefix(longest.text))), .optional(asks?.rawValue), .optional(message),
                .optional(brand),
            ]
        )
    }

    static func erase(_ key: String, _ transaction: any Transaction) throws {
        try transaction.execute(erase, [.text(key)])
    }

    /// Forgets what was seen to before a time.
    func prune(before time: Int64) async throws {
        _ = try await database.write(.process) { try $0.execute(Replies.prune, [.integer(time)]) }
    }

    // MARK: - Looking

    public func find(_ id: Int64) async throws -> Reply? {
        try await database.read { try $0.first(Replies.find, [.integer(id)], Replies.row) }
    }

    /// Open ones, oldest first.
    public func open(after id: Int64 = 0, limit: Int) async throws -> [Reply] {
        let values: [SQLValue] = [.integer(id), .integer(Int64(limit))]
        return try await database.read { try $0.all(Replies.listOpen, values, Replies.row) }
    }

    /// Those that somebody has seen to, newest first.
    public func done(before id: Int64 = .max, limit: Int) async throws -> [Reply] {
        let values: [SQLValue] = [.integer(id), .integer(Int64(limit))]
        return try await database.read { try $0.all(Replies.listDone, values, Replies.row) }
    }

    /// What somebody has written.
    public func of(_ key: String) async throws -> [Reply] {
        try await database.read { try $0.all(Replies.ofKey, [.text(key)], Replies.row) }
    }

    public func countOpen() async throws -> Int64 {
        try await database.read { try $0.first(Replies.countOpen) { $0.integer(0) } ?? 0 }
    }

    private static func row(_ row: any Row) -> Reply {
        Reply(
            id: row.integer(0),
            at: row.integer(1),
            channel: Channel(rawValue: row.text(2)) ?? .email,
            from: row.text(3),
            subject: row.text(4),
            text: row.text(5),
            asks: row.optionalText(6),
            message: row.optionalInteger(7),
            brand: row.optionalText(8),
            state: Reply.State(rawValue: row.text(9)) ?? .open,
            assignee: row.optionalText(10),
            note: row.optionalText(11),
            by: row.optionalText(12),
            finishedAt: row.optionalInteger(13)
        )
    }

    // MARK: - Seeing to them

    /// - Returns: whether it was open.
    public func finish(_ id: Int64, note: String?, by: String) async throws -> Bool {
        try await database.write(.power) {
            try $0.execute(Replies.finish, [.integer(id), .optional(note), .text(by), .integer($0.now)]) > 0
        }
    }

    /// - Parameter assignee: `nil` for nobody.
    /// - Returns: whether it is open.
    public func assign(_ id: Int64, to assignee: String?) async throws -> Bool {
        try await database.write(.power) {
            try $0.execute(Replies.assign, [.integer(id), .optional(assignee)]) > 0
        }
    }
}
