import Storage

extension Queue {
    static let show = Statement(
        "SELECT \(StoredMessage.columns) FROM message JOIN content ON content.id = message.id WHERE message.id = $1"
    )
    private static let idOfKey = Statement("SELECT id FROM content WHERE key = $1")

    /// The statements that a filter's way to its messages needs.
    private struct Search {
        let page: Statement
        let ids: Statement
        let count: Statement

        init(_ path: MessageFilter.Path) {
            let (from, id) =
                switch path {
                case .all, .recipient: ("message JOIN content ON content.id = message.id", "message.id")
                case .customer, .conversation: ("content JOIN message ON message.id = content.id", "content.id")
                }
            let meant = "FROM \(from)\nWHERE \(MessageFilter.predicate(path))"
            let (before, limit) = ("$\(MessageFilter.parameters + 1)", "$\(MessageFilter.parameters + 2)")
            let part = "\(meant) AND \(id) < \(before) ORDER BY \(id) DESC LIMIT \(limit)"
            page = Statement("SELECT \(StoredMessage.columns) \(part)")
            ids = Statement("SELECT \(id) \(part)")
            count = Statement(
                "SELECT count(*) FROM (SELECT 1 \(meant) LIMIT $\(MessageFilter.parameters + 1)) AS matches"
            )
        }
    }

    private static let searches = Dictionary(uniqueKeysWithValues: MessageFilter.Path.allCases.map { ($0, Search($0)) })

    static let lookStatements =
        [show, idOfKey]
        + MessageFilter.Path.allCases.compactMap { searches[$0] }.flatMap { [$0.page, $0.ids, $0.count] }

    private static func search(_ filter: MessageFilter) -> Search {
        searches[filter.path] ?? Search(filter.path)
    }

    public func message(_ id: Int64) async throws -> StoredMessage? {
        try await database.read { try $0.first(Queue.show, [.integer(id)], StoredMessage.init) }
    }

    public func id(ofKey key: String) async throws -> Int64? {
        try await database.read { try $0.first(Queue.idOfKey, [.text(key)]) { $0.integer(0) } }
    }

    public func events(of id: Int64) async throws -> [Event] {
        try await database.read { try Event.list(id, $0) }
    }

    /// Newest first.
    ///
    /// - Parameter before: the id where the last page ended.
    public func list(_ filter: MessageFilter, before: Int64 = .max, limit: Int) async throws -> [StoredMessage] {
        try await database.read {
            try $0.all(
                Queue.search(filter).page,
                filter.values + [.integer(before), .integer(Int64(limit))],
                StoredMessage.init
            )
        }
    }

    static func newest(_ limit: Int, _ connection: any Connection) throws -> [StoredMessage] {
        let filter = MessageFilter()
        return try connection.all(
            search(filter).page,
            filter.values + [.integer(.max), .integer(Int64(limit))],
            StoredMessage.init
        )
    }

    /// The ids alone, newest first.
    public func ids(_ filter: MessageFilter, before: Int64 = .max, limit: Int) async throws -> [Int64] {
        try await database.read {
            try $0.all(Queue.search(filter).ids, filter.values + [.integer(before), .integer(Int64(limit))]) {
                $0.integer(0)
            }
        }
    }

    /// - Parameter most: counting ends there.
    public func count(_ filter: MessageFilter, upTo most: Int64 = .max) async throws -> Int64 {
        try await database.read {
            try $0.first(Queue.search(filter).count, filter.values + [.integer(most)]) { $0.integer(0) } ?? 0
        }
    }
}

extension Queue {
    /// The message that a transport's provider calls so.
    func message(of reference: String, from transport: String) async throws -> Int64? {
        try await database.read { try HookLog.message(of: reference, from: transport, $0) }
    }
}
