public import JSON
public import Storage

/// A standing order: a lane, a channel, a brand or a recipient's domain sends nothing for a while, or no faster than so much;
/// it also holds for what arrives meanwhile, which waits.
public struct Pause: Sendable, Equatable {
    public let channel: Channel
    /// `nil` for all lanes of the channel; as the brand and the domain, of which at most one is named.
    public var lane: String?
    public var brand: String?
    /// A recipient's domain, or the name of a limit.
    public var domain: String?
    /// What still goes; `nil` for nothing.
    public var rate: RateSettings?
    public var reason: String
    public var by: String
    /// When it was given.
    public var since: Int64 = 0
    /// Milliseconds since 1970, UTC.
    public var begins: Int64
    /// `nil` until somebody resumes it.
    public var until: Int64?
    /// The limit that obeys it; `nil` for one of a lane.
    var limit: String?

    public init(
        _ channel: Channel,
        lane: String? = nil,
        brand: String? = nil,
        domain: String? = nil,
        rate: RateSettings? = nil,
        reason: String,
        by: String,
        begins: Int64 = 0,
        until: Int64? = nil
    ) {
        self.channel = channel
        self.lane = lane
        self.brand = brand
        self.domain = domain
        self.rate = rate
        self.reason = reason
        self.by = by
        self.begins = begins
        self.until = until
        limit = brand.map { "brand:\($0)" }
    }

    func isInForce(_ now: Int64) -> Bool { begins <= now && (until.map { $0 > now } ?? true) }

    /// What still goes, messages a second.
    private var pace: Double { rate?.perSecond ?? 0 }

    /// Whether it lets no more go, and for as long, give or take a minute.
    func isAsStrict(as other: Pause) -> Bool {
        pace <= other.pace && (until ?? .max) >= (other.until ?? .max) - 60_000
    }

    static func < (left: Pause, right: Pause) -> Bool { left.pace < right.pace }

    var isAboutLanes: Bool { brand == nil && domain == nil }

    func covers(_ channel: Channel, _ lane: String, now: Int64) -> Bool {
        isAboutLanes && self.channel == channel && (self.lane.map { $0 == lane } ?? true) && isInForce(now)
    }

    /// Such as `sms/twilio`, or `email, domain example.com`.
    public var subject: String {
        channel.rawValue + (lane.map { "/\($0)" } ?? "") + (brand.map { ", brand \($0)" } ?? "")
            + (domain.map { ", domain \($0)" } ?? "")
    }
}

extension Pause {
    /// The order as a sentence.
    public func words(now: Int64) -> String {
        let what = rate.map { "sends at most \($0)" } ?? "is paused"
        let from = begins > now ? " from \(Timestamp.text(begins))" : ""
        let until = until.map { " until \(Timestamp.text($0))" } ?? " until it is resumed"
        return "\(subject) \(what)\(from)\(until), by \(by): \(reason)"
    }

    /// As `status --json` gives it.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("channel", channel.rawValue)
        if let lane { writer.member("lane", lane) }
        if let brand { writer.member("brand", brand) }
        if let domain { writer.member("domain", domain) }
        if let rate { writer.member("rate", rate.text) }
        writer.member("reason", reason)
        writer.member("by", by)
        writer.member("from", Timestamp.text(begins))
        if let until { writer.member("until", Timestamp.text(until)) }
        writer.endObject()
    }
}

extension Sequence<Pause> {
    /// The one that lets least go.
    var strictest: Pause? { self.min { $0 < $1 } }
}

/// The table of standing orders.
public struct Pauses: Sendable {
    let database: any Database
    private let bell: Bell

    public init(_ queue: Queue) {
        database = queue.database
        bell = queue.bell
    }

    private static let list = Statement(
        """
        SELECT channel, lane, brand, domain, rate, reason, actor, at, begins, ends FROM pause_order
        ORDER BY channel, lane, brand, domain
        """
    )
    private static let put = Statement(
        """
        INSERT INTO pause_order (channel, lane, brand, domain, rate, reason, actor, at, begins, ends)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (channel, lane, brand, domain) DO UPDATE SET rate = excluded.rate, reason = excluded.reason,
            actor = excluded.actor, at = excluded.at, begins = excluded.begins, ends = excluded.ends
        WHERE excluded.actor <> $11 OR pause_order.actor = $11 OR pause_order.ends < excluded.at
        """
    )
    private static let delete = Statement(
        "DELETE FROM pause_order WHERE channel = $1 AND lane = $2 AND brand = $3 AND domain = $4"
    )
    private static let forget = Statement("DELETE FROM pause_order WHERE ends < $1")

    static let statements = [list, put, delete, forget]

    /// Those that hold now, and those that will.
    public func list(now: Int64) async throws -> [Pause] {
        try await database.read { try Pauses.list($0) }.filter { $0.until.map { $0 > now } ?? true }
    }

    static func list(_ connection: any Connection) throws -> [Pause] {
        try connection.all(list) { row in
            func name(_ column: Int) -> String? { row.text(column).isEmpty ? nil : row.text(column) }
            var pause = Pause(
                Channel(rawValue: row.text(0)) ?? .email,
                lane: name(1),
                brand: name(2),
                domain: name(3),
                rate: row.optionalText(4).flatMap(RateSettings.init),
                reason: row.text(5),
                by: row.text(6),
                begins: row.integer(8),
                until: row.optionalInteger(9)
            )
            pause.since = row.integer(7)
            return pause
        }
    }

    /// Gives an order, in the place of the one about the same. Dunlin's own take the place of no person's.
    ///
    /// - Parameter milliseconds: how long; `nil` for what the order itself says.
    /// - Returns: false where a person's stands.
    @discardableResult
    public func put(_ order: Pause, for milliseconds: Int64? = nil) async throws -> Bool {
        defer { bell.ring(Bell.anything) }
        return try await database.write(.power) { transaction in
            let begins = max(order.begins, transaction.now)
            let until = milliseconds.map { begins + $0 } ?? order.until
            let changed = try transaction.execute(
                Pauses.put,
                Pauses.key(order) + [
                    .optional(order.rate?.text), .text(order.reason), .text(order.by), .integer(transaction.now),
                    .integer(begins), .optional(until), .text(AuditEntry.dunlin),
                ]
            )
            guard changed > 0 else { return false }
            try transaction.execute(Pauses.forget, [.integer(transaction.now)])
            let span =
                (order.begins > transaction.now ? " from \(Timestamp.text(begins))" : "")
                + (until.map { " until \(Timestamp.text($0))" } ?? "")
            let detail = (order.rate.map { "at most \($0.text): " } ?? "") + order.reason + span
            try AuditEntry.write(.lanePaused, order.subject, detail, by: order.by, transaction)
            return true
        }
    }

    /// Ends the order about the same as this one.
    ///
    /// - Returns: whether there was one.
    public func resume(_ order: Pause, by: String) async throws -> Bool {
        defer { bell.ring(Bell.anything) }
        return try await database.write(.power) { transaction in
            let count = try transaction.execute(Pauses.delete, Pauses.key(order))
            guard count > 0 else { return false }
            try AuditEntry.write(.laneResumed, order.subject, by: by, transaction)
            return true
        }
    }

    private static func key(_ order: Pause) -> [SQLValue] {
        [order.channel.rawValue, order.lane ?? "", order.brand ?? "", order.domain ?? ""].map { .text($0) }
    }
}
