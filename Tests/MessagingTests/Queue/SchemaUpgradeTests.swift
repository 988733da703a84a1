import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("A database of an older Dunlin")
struct SchemaUpgradeTests {
    private static let content = Statement("INSERT INTO content (key, document) VALUES ($1, $2)")
    private static let message = Statement(
        """
        INSERT INTO message (id, channel, state, priority, due, fence, attempts, address_key, domain, brand, category,
            template, accepted_at, since)
        VALUES ($1, 'email', 'waiting', 5, 1, 0, 0, 'ada@example.com', 'example.com', 'example', 'transactional', '', 1, 1)
        """
    )

    @Test("is brought up to date with what it holds: conversations are found, and nothing is a test")
    func first() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLiteDatabase(path: "\(folder.path)/dunlin.sqlite")
        try await database.migrate(Array(Schema.migrations.prefix(1)))
        let documents = [
            #"{"to": "ada@example.com", "conversation": "INV-1"}"#, #"{"to": "ada@example.com", "conversation": null}"#,
            "{}",
        ]
        try await database.write(.process) { transaction in
            for (index, document) in documents.enumerated() {
                try transaction.execute(Self.content, [.text("k-\(index)"), .bytes(Array(document.utf8))])
                try transaction.execute(Self.message, [.integer(Int64(index + 1))])
            }
        }
        try await database.migrate(Schema.migrations)
        let queue = Queue(database, reservedBytes: 0)
        var filter = MessageFilter()
        filter.conversation = "INV-1"
        #expect(try await queue.list(filter, limit: 10).map(\.id) == [1])
        let all = try await queue.list(MessageFilter(), limit: 10)
        #expect(all.map(\.conversation) == [nil, nil, "INV-1"])
        #expect(all.allSatisfy { !$0.isTest && $0.origin == nil })
        try database.close()
    }
}
