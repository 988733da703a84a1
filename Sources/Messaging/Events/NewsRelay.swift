import JSON
public import Logging
public import ServiceLifecycle
public import Storage
import Synchronization

/// Turns news into deliveries: messages of the channel `event`, which go the way of all messages.
///
/// A delivery of one message's news is made only when the one before it has ended, so that a subscriber hears of each
/// message in order.
public final class NewsRelay: Service {
    private let queue: Queue
    private let clock: WallClock
    private let logger: Logger
    private let alarm = Inbox()
    private let stopping = Atomic<Bool>(false)

    static let every = 250
    static let batch = 500
    /// News that must wait for its turn is looked at again after so many milliseconds, and the less often the longer it has
    /// waited.
    static let longestTurn: Int64 = 60_000
    static let turn: Int64 = 1000

    public init(queue: Queue, clock: WallClock = .system, logger: Logger) {
        self.queue = queue
        self.clock = clock
        self.logger = logger
    }

    public func run() async throws {
        await withGracefulShutdownHandler {
            while !stopping.load(ordering: .acquiring) {
                var count = 0
                do {
                    count = try await relay(now: clock.now())
                } catch {
                    logger.warning("news to subscribers was put off: \(error)")
                }
                if count < NewsRelay.batch { await alarm.wait(milliseconds: NewsRelay.every) }
            }
        } onGracefulShutdown: {
            self.stopping.store(true, ordering: .releasing)
            self.alarm.raise()
        }
    }

    private struct Item: Sendable {
        let id: Int64
        let subscription: Int64
        let message: Int64?
        let at: Int64
        let type: String
        let transport: String?
        let detail: String?
        let document: [UInt8]
        /// `nil` when the subscriber is gone.
        let url: String?
    }

    private static let due = Statement(
        """
        SELECT news.id, subscription, message, at, type, transport, detail, document, subscription.url
        FROM news LEFT JOIN subscription ON subscription.id = news.subscription
        WHERE due <= $1 ORDER BY due, news.id LIMIT $2
        """
    )
    /// Earlier news of the same message that has not gone yet.
    private static let before = Statement(
        "SELECT 1 FROM news WHERE subscription = $1 AND message = $2 AND id < $3 LIMIT 1"
    )
    private static let underway = Statement(
        """
        SELECT 1 FROM content JOIN message ON message.id = content.id
        WHERE conversation = $1 AND finished_at IS NULL AND channel = 'event' LIMIT 1
        """
    )
    private static let wait = Statement("UPDATE news SET due = $2 WHERE id = $1")
    private static let delete = Statement("DELETE FROM news WHERE id = $1")
    private static let pending = Statement("SELECT count(*) FROM news")

    static let statements = [due, before, underway, wait, delete, pending]

    static func count(_ connection: any Connection) throws -> Int64 {
        try connection.first(pending) { $0.integer(0) } ?? 0
    }

    /// One round.
    ///
    /// - Parameter now: milliseconds since 1970, UTC.
    /// - Returns: how much news became a delivery, or was dropped.
    func relay(now: Int64) async throws -> Int {
        let due = try await queue.database.read { connection in
            try connection.first(NewsRelay.due, [.integer(now), .integer(1)]) { $0.integer(0) }
        }
        guard due != nil else { return 0 }
        let count = try await queue.database.write(.process) { transaction in
            let items = try transaction.all(
                NewsRelay.due,
                [.integer(transaction.now), .integer(Int64(NewsRelay.batch))]
            ) { row in
                Item(
                    id: row.integer(0),
                    subscription: row.integer(1),
                    message: row.optionalInteger(2),
                    at: row.integer(3),
                    type: row.text(4),
                    transport: row.optionalText(5),
                    detail: row.optionalText(6),
                    document: row.bytes(7),
                    url: row.optionalText(8)
                )
            }
            return try items.reduce(0) { try $0 + (NewsRelay.relay($1, transaction) ? 1 : 0) }
        }
        if count > 0 { queue.bell.ring(Bell.Work(due: [Share(channel: .event, brand: ""): 0])) }
        return count
    }

    /// - Returns: false when it has to wait for its turn.
    private static func relay(_ item: Item, _ transaction: any Transaction) throws -> Bool {
        guard let url = item.url else {
            try transaction.execute(delete, [.integer(item.id)])
            return true
        }
        let conversation = item.message.map { "\(Subscription.customer(item.subscription))/message:\($0)" }
        var data = item.document
        if let message = item.message, let conversation {
            let values: [SQLValue] = [.integer(item.subscription), .integer(message), .integer(item.id)]
            let isEarly =
                try transaction.first(before, values) { _ in true } != nil
                || transaction.first(underway, [.text(conversation)]) { _ in true } != nil
            guard !isEarly else {
                let pause = min(max(transaction.now - item.at, turn), longestTurn)
                try transaction.execute(wait, [.integer(item.id), .integer(transaction.now + pause)])
                return false
            }
            guard let about = try transaction.first(Queue.show, [.integer(message)], StoredMessage.init) else {
                try transaction.execute(delete, [.integer(item.id)])
                return true
            }
            data = Array(JSONWriter.text { about.write(news: item.transport, item.detail, to: &$0) }.utf8)
        }
        let body = NewsBody(type: item.type, at: item.at, data: data).bytes
        let document = JSONWriter.text { writer in
            writer.beginObject()
            writer.member("to", url)
            writer.member("subscription", item.subscription)
            writer.name("body")
            writer.raw(body)
            writer.endObject()
        }
        _ = try Queue.insert(
            [
                NewMessage(
                    key: nil,
                    channel: .event,
                    priority: NewMessage.standardPriority,
                    due: nil,
                    expires: nil,
                    addressKey: Subscription.customer(item.subscription),
                    domain: "",
                    brand: "",
                    category: "transactional",
                    template: "",
                    customer: Subscription.customer(item.subscription),
                    conversation: conversation,
                    document: Array(document.utf8)
                )
            ],
            transaction
        )
        try transaction.execute(delete, [.integer(item.id)])
        return true
    }
}

/// The body of a webhook (<https://www.standardwebhooks.com>).
struct NewsBody {
    let type: String
    let at: Int64
    /// JSON.
    let data: [UInt8]

    var bytes: [UInt8] {
        Array(
            JSONWriter.text { writer in
                writer.beginObject()
                writer.member("type", type)
                writer.member("timestamp", Timestamp.text(at))
                writer.name("data")
                writer.raw(data)
                writer.endObject()
            }.utf8
        )
    }
}

extension StoredMessage {
    /// What news tells of a message: whose it is, and what was done; never its words.
    func write(news transport: String?, _ detail: String?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("message")
        write(to: &writer)
        if let transport, !transport.isEmpty { writer.member("transport", transport) }
        if let detail { writer.member("detail", detail) }
        writer.endObject()
    }
}
