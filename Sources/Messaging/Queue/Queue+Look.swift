import Storage

extension Queue {
    private static let show = Statement(
        "SELECT \(StoredMessage.columns) FROM message JOIN content ON content.id = message.id WHERE message.id = $1"
    )
    private static let idOfKey = Statement("SELECT id FROM content WHERE key = $1")
    private static let page = Statement(
        """
        SELECT \(StoredMessage.columns) FROM message JOIN content ON content.id = message.id
        WHERE \(MessageFilter.predicate) AND message.id < $9 ORDER BY message.id DESC LIMIT $10
        """
    )
    private static let count = Statement(
        """
        SELECT count(*) FROM message JOIN content ON content.id = message.id
        WHERE \(MessageFilter.predicate)
        """
    )

    private static let ids = Statement(
        """
        SELECT message.id FROM message JOIN content ON content.id = message.id
        WHERE \(MessageFilter.predicate) AND message.id < $9 ORDER BY message.id DESC LIMIT $10
        """
    )

    static let lookStatements = [show, idOfKey, page, count, ids]

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
            try $0.all(Queue.page, filter.values + [.integer(before), .integer(Int64(limit))], StoredMessage.init)
        }
    }

    /// The ids alone, newest first.
    public func ids(_ filter: MessageFilter, before: Int64 = .max, limit: Int) async throws -> [Int64] {
        try await database.read {
            try $0.all(Queue.ids, filter.values + [.integer(before), .integer(Int64(limit))]) { $0.integer(0) }
        }
    }

    public func count(_ filter: MessageFilter) async throws -> Int64 {
        try await database.read { try $0.first(Queue.count, filter.values) { $0.integer(0) } ?? 0 }
    }
}
