import JSON
import Storage
import TestSupport

@testable import Messaging

/// A queue on a new SQLite file, with a clock that stands still until it is moved.
struct QueueFixture: Sendable {
    let clock: TestClock
    let database: SQLiteDatabase
    let queue: Queue
    let folder: TemporaryFolder

    init(_ clock: TestClock = TestClock()) async throws {
        let folder = try TemporaryFolder()
        let wall = WallClock { withExtendedLifetime(folder) { clock.now } }
        self.folder = folder
        self.clock = clock
        database = try SQLiteDatabase(path: "\(folder.path)/dunlin.sqlite", clock: wall)
        try await database.migrate(Schema.migrations)
        queue = Queue(database, reservedBytes: 0, policies: QueueFixture.anyTime)
    }

    var optOuts: OptOuts { OptOuts(database) }

    /// Texts and calls go at any time of day.
    static let anyTime: CompliancePolicies = {
        var brand = BrandSettings.sample
        brand.compliance = ComplianceSettings()
        brand.compliance?.rules = ["SM-08": false]
        return CompliancePolicies(all: CompliancePolicy(brand))
    }()

    /// A message by email, as a reader would give it.
    static func message(
        key: String? = nil,
        to address: String = "ada@example.com",
        words: String = "Hello",
        priority: Int = 5,
        due: Int64? = nil,
        expires: Int64? = nil,
        channel: Channel = .email,
        brand: String = "example",
        category: String = "transactional",
        template: String = ""
    ) -> NewMessage {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("channel", channel.rawValue)
        writer.member("to", address)
        writer.name("content")
        writer.beginObject()
        writer.member("subject", words)
        writer.member("text", words)
        writer.endObject()
        writer.endObject()
        let domain = address.split(separator: "@").last.map(String.init) ?? ""
        return NewMessage(
            key: key,
            channel: channel,
            priority: priority,
            due: due,
            expires: expires,
            addressKey: address,
            domain: domain,
            brand: brand,
            category: category,
            template: template,
            document: writer.bytes
        )
    }

    /// Claims once, as a worker's turn does.
    func claim(
        _ channel: Channel = .email,
        brand: String = "example",
        limit: Int = 100,
        aged: Int = 0,
        node: Int64 = 1
    ) async throws -> [HandOff] {
        let request = ClaimRequest(share: Share(channel: channel, brand: brand), limit: limit, aged: aged)
        return try await queue.turn(.init(claims: [request]), node: node).handOffs
    }

    /// Settles one hand-off, as a worker's turn does.
    func settle(
        _ handOff: HandOff,
        _ outcome: Outcome,
        retry: RetryPolicy = .init(),
        uncertain: UncertainPolicy = .retry,
        random: Double = 0
    ) async throws {
        let settlement = Settlement(
            handOff: handOff,
            transport: "test",
            outcome: outcome,
            retry: retry,
            uncertain: uncertain,
            random: random
        )
        _ = try await queue.turn(.init(settlements: [settlement]), node: 1)
    }
}
