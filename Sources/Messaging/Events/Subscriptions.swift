import Crypto
import Foundation
import Storage

/// The table of subscriptions.
public struct Subscriptions: Sendable {
    let database: any Database

    public init(_ queue: Queue) {
        database = queue.database
    }

    private static let columns = "id, url, events, description, secret, state, reason, created_at, failing_since"
    private static let list = Statement("SELECT \(columns) FROM subscription ORDER BY id")
    private static let show = Statement("SELECT \(columns) FROM subscription WHERE id = $1")
    private static let insert = Statement(
        """
        INSERT INTO subscription (url, events, description, secret, state, created_at)
        VALUES ($1, $2, $3, $4, 'active', $5) RETURNING id
        """
    )
    private static let delete = Statement("DELETE FROM subscription WHERE id = $1")
    private static let enable = Statement(
        """
        UPDATE subscription SET state = 'active', reason = NULL, failing_since = NULL
        WHERE id = $1 AND (state <> 'active' OR failing_since IS NOT NULL)
        """
    )
    private static let disable = Statement(
        "UPDATE subscription SET state = 'disabled', reason = $2 WHERE id = $1 AND state = 'active'"
    )
    private static let noteFailure = Statement(
        "UPDATE subscription SET failing_since = coalesce(failing_since, $2) WHERE id = $1"
    )
    private static let noteSuccess = Statement("UPDATE subscription SET failing_since = NULL WHERE id = $1")

    static let statements = [list, show, insert, delete, enable, disable, noteFailure, noteSuccess]

    /// So many may stand at once: each event is matched against all of them.
    public static let most = 100

    public func list() async throws -> [Subscription] {
        try await database.read { try Subscriptions.list($0) }
    }

    static func list(_ connection: any Connection) throws -> [Subscription] {
        try connection.all(list, [], Subscription.init)
    }

    public func find(_ id: Int64) async throws -> Subscription? {
        try await database.read { try $0.first(Subscriptions.show, [.integer(id)], Subscription.init) }
    }

    /// Stores one durably. Its secret is random, 256 bits.
    ///
    /// - Parameters:
    ///   - types: names of ``NewsType``, or `*` alone for all.
    ///   - allowsPrivate: `http` and addresses within private networks too.
    public func add(
        url: String,
        types: [String],
        description: String?,
        allowsPrivate: Bool,
        by: String
    ) async throws -> Subscription {
        try EndpointRule.subscription(allowsPrivate: allowsPrivate).check(url)
        let known = NewsType.allCases.map(\.rawValue)
        for (index, type) in types.enumerated() where type != "*" && !known.contains(type) {
            throw Rejection(
                "events[\(index)]",
                "there is no event '\(type)'; known: *, \(known.joined(separator: ", "))"
            )
        }
        guard !types.isEmpty else { throw Rejection("events", "name at least one, or * for all") }
        let events = types.contains("*") ? "*" : known.filter(types.contains).joined(separator: ",")
        let secret = "whsec_" + SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }.base64EncodedString()
        guard try await list().count < Subscriptions.most else {
            throw Rejection("", "there are \(Subscriptions.most) subscriptions already: remove one first")
        }
        return try await database.write(.power) { transaction in
            let id =
                try transaction.first(
                    Subscriptions.insert,
                    [.text(url), .text(events), .optional(description), .text(secret), .integer(transaction.now)]
                ) { $0.integer(0) } ?? 0
            guard let made = try transaction.first(Subscriptions.show, [.integer(id)], Subscription.init) else {
                throw StorageError(.other, "the subscription was not stored")
            }
            try AuditEntry.write(.subscriptionAdded, "\(id)", "\(events) to \(url)", by: by, transaction)
            return made
        }
    }

    /// - Returns: whether it stood. What is on its way there fails.
    public func remove(_ id: Int64, by: String) async throws -> Bool {
        try await database.write(.power) { transaction in
            let subscription = try transaction.first(Subscriptions.show, [.integer(id)], Subscription.init)
            guard let subscription else { return false }
            try transaction.execute(Subscriptions.delete, [.integer(id)])
            try AuditEntry.write(.subscriptionRemoved, "\(id)", "to \(subscription.url)", by: by, transaction)
            return true
        }
    }

    public func enable(_ id: Int64, by: String) async throws -> Subscription? {
        try await database.write(.power) { transaction in
            if try transaction.execute(Subscriptions.enable, [.integer(id)]) > 0 {
                try AuditEntry.write(.subscriptionEnabled, "\(id)", by: by, transaction)
            }
            return try transaction.first(Subscriptions.show, [.integer(id)], Subscription.init)
        }
    }

    func disable(_ id: Int64, _ reason: String) async throws {
        try await database.write(.power) { transaction in
            guard try transaction.execute(Subscriptions.disable, [.integer(id), .text(reason)]) > 0 else { return }
            try AuditEntry.write(.subscriptionDisabled, "\(id)", reason, by: AuditEntry.dunlin, transaction)
        }
    }

    func noteFailure(_ id: Int64) async throws {
        _ = try await database.write(.process) {
            try $0.execute(Subscriptions.noteFailure, [.integer(id), .integer($0.now)])
        }
    }

    func noteSuccess(_ id: Int64) async throws {
        _ = try await database.write(.process) { try $0.execute(Subscriptions.noteSuccess, [.integer(id)]) }
    }
}

extension Queue {
    /// Sends again what could not be delivered to a subscriber.
    ///
    /// - Parameter since: accepted then or later; milliseconds since 1970, UTC.
    /// - Returns: how many deliveries wait again.
    public func replay(subscription id: Int64, since: Int64, by: String) async throws -> Int {
        var filter = MessageFilter()
        filter.channel = .event
        filter.customer = Subscription.customer(id)
        filter.acceptedFrom = since
        return try await perform(.retry, onAll: filter, by: by).count
    }
}
