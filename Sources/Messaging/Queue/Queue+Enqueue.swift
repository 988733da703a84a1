import JSON
import Storage

/// What became of a message that was handed in.
public enum Receipt: Sendable, Equatable {
    /// Stored; it survives a power failure.
    case accepted(id: Int64)
    /// The same message is there already.
    case duplicate(id: Int64)
    /// Another message has this key.
    case conflict(id: Int64)
    /// The database refused this one.
    case refused(String)
}

extension Queue {
    private static let insertContent = Statement(
        """
        INSERT INTO content (key, customer, document, conversation, origin, accepted) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING
        RETURNING id
        """
    )
    private static let insertMessage = Statement(
        """
        INSERT INTO message (id, channel, state, priority, due, expires, fence, attempts, address_key, domain, brand,
            category, template, accepted_at, since, test, reason, share, zones)
        VALUES ($1, $2, $13, $3, $4, $5, 0, 0, $6, $7, $8, $9, $10, $11, $4, $12, $14, $8, $15)
        """
    )
    private static let contentByKey = Statement("SELECT id, coalesce(accepted, document) FROM content WHERE key = $1")

    /// The reason of a message that waits for its first approval.
    static let approvalReason = "approval"

    static let enqueueStatements = [insertContent, insertMessage, contentByKey]

    /// Stores messages durably, all in one transaction; returns one receipt each, in order.
    ///
    /// Should the database refuse a row, the messages are stored one by one, so that a bad one fails alone.
    public func enqueue(_ messages: [NewMessage]) async throws -> [Receipt] {
        defer {
            bell.ring(
                Bell.Work(
                    due: [Share: Int64](
                        messages.flatMap { [$0] + $0.others }.map {
                            (Share(channel: $0.channel, brand: $0.brand), $0.due ?? 0)
                        },
                        uniquingKeysWith: min
                    )
                )
            )
        }
        try requireRoom()
        do {
            return try await database.write(.power) { try Queue.insert(messages, $0) }
        } catch let error as StorageError where error.code == .constraint || error.code == .other {
            var receipts: [Receipt] = []
            for message in messages {
                do {
                    receipts += try await database.write(.power) { try Queue.insert([message], $0) }
                } catch let error as StorageError where error.code == .constraint || error.code == .other {
                    receipts.append(.refused(error.message))
                }
            }
            return receipts
        }
    }

    static func insert(_ messages: [NewMessage], _ transaction: any Transaction) throws -> [Receipt] {
        var ids = [Int64](repeating: 0, count: messages.count)
        try OptOuts.uncover(messages.lazy.map(\.addressKey), transaction)
        try transaction.batch(
            insertContent,
            messages.map {
                [
                    .optional($0.key), .optional($0.customer), .bytes($0.document), .optional($0.conversation),
                    .optional($0.origin), $0.original.map { .bytes($0) } ?? .null,
                ]
            }
        ) { index, row in
            ids[index] = row.integer(0)
        }
        let now = transaction.now
        var rows: [[SQLValue]] = []
        rows.reserveCapacity(messages.count)
        for (message, id) in zip(messages, ids) where id != 0 {
            rows.append([
                .integer(id), .text(message.channel.rawValue), .integer(Int64(message.priority)),
                .integer(max(message.due ?? now, 0)), .optional(message.expires), .text(message.addressKey),
                .text(message.domain), .text(message.brand), .text(message.category), .text(message.template),
                .integer(now), .integer(message.isTest ? 1 : 0),
                .text(message.needsApproval || message.isStandby ? "held" : "waiting"),
                message.isStandby
                    ? .text(Fallback.reason) : message.needsApproval ? .text(Queue.approvalReason) : .null,
                message.zones.isEmpty ? .null : .text(message.zones.joined(separator: ",")),
            ])
        }
        try transaction.batch(insertMessage, rows)
        let held = zip(messages, ids).filter { $0.needsApproval && !$0.isStandby && $1 != 0 }.map(\.1)
        try Event.insert(
            held.map {
                Event(message: $0, at: now, kind: .held, detail: "approval: a person lets it go, or cancels it")
            },
            transaction
        )
        if !rows.isEmpty { try Tally.add(Int64(rows.count), to: Tally.accepted, transaction) }
        for (message, id) in zip(messages, ids) where id != 0 && !message.others.isEmpty {
            try insertOthers(of: message, id, transaction)
        }
        return try zip(messages, ids).map { message, id in
            id != 0 ? .accepted(id: id) : try standing(message, transaction)
        }
    }

    /// Stores what goes on other channels beside a message, or stands by behind it.
    private static func insertOthers(of message: NewMessage, _ id: Int64, _ transaction: any Transaction) throws {
        var others = message.others
        for index in others.indices {
            others[index].isTest = message.isTest
            others[index].origin = message.origin
            others[index].isStandby = message.policy != .all
        }
        let receipts = try insert(others, transaction)
        guard case .first(let within) = message.policy else { return }
        let standing = zip(others, receipts).compactMap { other, receipt -> (id: Int64, needsApproval: Bool)? in
            guard case .accepted(let id) = receipt else { return nil }
            return (id, other.needsApproval)
        }
        try Fallback.link(id, standing, within: within, due: message.due ?? transaction.now, transaction)
    }

    /// The receipt of a message whose key is taken: a JSON value equal to the stored one is the same message, however it
    /// is spaced and ordered.
    private static func standing(_ message: NewMessage, _ transaction: any Transaction) throws -> Receipt {
        let found = try transaction.first(contentByKey, [.optional(message.key)]) { row in
            (id: row.integer(0), document: row.bytes(1))
        }
        guard let found else { return .refused("the key was taken by a message that is gone") }
        if found.document == message.original ?? message.document { return .duplicate(id: found.id) }
        let equal = try? JSONValue.parse(found.document).isEqual(
            to: JSONValue.parse(message.original ?? message.document)
        )
        return equal == true ? .duplicate(id: found.id) : .conflict(id: found.id)
    }
}
