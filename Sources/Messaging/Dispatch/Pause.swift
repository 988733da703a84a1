public import JSON
public import Storage

/// A standing order: a lane, a channel, a brand, a recipient's domain, a category or a template sends nothing for a while, or no
/// faster than so much; it also holds for what arrives meanwhile, which waits.
///
/// Lanes obey those about lanes, limits those about brands and domains, and the hand-off those about categories and templates.
public struct Pause: Sendable, Equatable {
    public let channel: Channel
    /// `nil` for all lanes of the channel; as the brand and the domain, of which at most one is named.
    public var lane: String?
    /// Beside it a category or a template may be named.
    public var brand: String?
    /// A recipient's domain, or the name of a limit.
    public var domain: String?
    /// Such as `commercial`.
    public var category: String?
    public var template: String?
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
        category: String? = nil,
        template: String? = nil,
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
        self.category = category
        self.template = template
        self.rate = rate
        self.reason = reason
        self.by = by
        self.begins = begins
        self.until = until
        limit = category == nil && template == nil ? brand.map { "brand:\($0)" } : nil
    }

    func isInForce(_ now: Int64) -> Bool { begins <= now && (until.map { $0 > now } ?? true) }

    /// What still goes, messages a second.
    private var pace: Double { rate?.perSecond ?? 0 }

    /// Whether it lets no more go, and for as long, give or take a minute.
    func isAsStrict(as other: Pause) -> Bool {
        pace <= other.pace && (until ?? .max) >= (other.until ?? .max) - 60_000
    }

    static func < (left: Pause, right: Pause) -> Bool { left.pace < right.pace }

    var isAboutLanes: Bool { brand == nil && domain == nil && !isAboutMessages }
    var isAboutMessages: Bool { category != nil || template != nil }

    /// Whether it keeps messages of a brand, for an order about messages.
    func keeps(_ channel: Channel, brand: String, category: String, template: String, now: Int64) -> Bool {
        isAboutMessages && self.channel == channel && (self.brand.map { $0 == brand } ?? true)
            && (self.category.map { $0 == category } ?? true) && (self.template.map { $0 == template } ?? true)
            && isInForce(now)
    }

    /// What messages are parked under that an order about messages keeps.
    var keeper: String { Pause.keeperPrefix + [category ?? "", template ?? ""].joined(separator: ":") }

    static let keeperPrefix = "order:"

    func covers(_ channel: Channel, _ lane: String, now: Int64) -> Bool {
        isAboutLanes && self.channel == channel && (self.lane.map { $0 == lane } ?? true) && isInForce(now)
    }

    /// Such as `sms/twilio`, or `email, domain example.com`.
    public var subject: String {
        channel.rawValue + (lane.map { "/\($0)" } ?? "") + (brand.map { ", brand \($0)" } ?? "")
            + (domain.map { ", domain \($0)" } ?? "") + (category.map { ", category \($0)" } ?? "")
            + (template.map { ", template \($0)" } ?? "")
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
        if let category { writer.member("category", category) }
        if let template { writer.member("template", template) }
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

    private static let columns =
        "channel, lane, brand, domain, category, template, rate, reason, actor, at, begins, ends"
    private static let list = Statement(
        "SELECT \(columns) FROM standing_order ORDER BY channel, lane, brand, domain, category, template"
    )
    private static let ofMessages = Statement(
        "SELECT \(columns) FROM standing_order WHERE channel = $1 AND (category <> '' OR template <> '')"
    )
    private static let put = Statement(
        """
        INSERT INTO standing_order (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (channel, lane, brand, domain, category, template) DO UPDATE SET rate = excluded.rate,
            reason = excluded.reason, actor = excluded.actor, at = excluded.at, begins = excluded.begins, ends = excluded.ends
        WHERE excluded.actor <> $13 OR standing_order.actor = $13 OR standing_order.ends < excluded.at
        """
    )
    private static let delete = Statement(
        """
        DELETE FROM standing_order
        WHERE channel = $1 AND lane = $2 AND brand = $3 AND domain = $4 AND category = $5 AND template = $6
        """
    )
    private static let deleteOwn = Statement(
        """
        DELETE FROM standing_order WHERE channel = $1 AND lane = $2 AND brand = $3 AND domain = $4 AND category = $5
            AND template = $6 AND actor = $7
        """
    )
    private static let forget = Statement("DELETE FROM standing_order WHERE ends < $1")

    static let statements = [list, ofMessages, put, delete, deleteOwn, forget]

    /// Those that hold now, and those that will.
    public func list(now: Int64) async throws -> [Pause] {
        try await database.read { try Pauses.list($0) }.filter { $0.until.map { $0 > now } ?? true }
    }

    static func list(_ connection: any Connection) throws -> [Pause] { try connection.all(list, [], read) }

    /// Those about categories and templates.
    static func ofMessages(_ channel: Channel, _ connection: any Connection) throws -> [Pause] {
        try connection.all(ofMessages, [.text(channel.rawValue)], read)
    }

    private static func read(_ row: any Row) -> Pause {
        func name(_ column: Int) -> String? { row.text(column).isEmpty ? nil : row.text(column) }
        var pause = Pause(
            Channel(rawValue: row.text(0)) ?? .email,
            lane: name(1),
            brand: name(2),
            domain: name(3),
            category: name(4),
            template: name(5),
            rate: row.optionalText(6).flatMap(RateSettings.init),
            reason: row.text(7),
            by: row.text(8),
            begins: row.integer(10),
            until: row.optionalInteger(11)
        )
        pause.since = row.integer(9)
        return pause
    }

    /// Gives an order, in the place of the one about the same. Dunlin's own take the place of no person's.
    ///
    /// - Parameter milliseconds: how long; `nil` for what the order itself says.
    /// - Returns: false where a person's stands.
    @discardableResult
    public func put(_ order: Pause, for milliseconds: Int64? = nil) async throws -> Bool {
        defer { bell.ring(Bell.anything) }
        return try await database.write(.power) { transaction in
            var order = order
            order.begins = max(order.begins, transaction.now)
            if let milliseconds { order.until = order.begins + milliseconds }
            return try Pauses.put(order, transaction)
        }
    }

    /// The same; it begins at once where it is to begin earlier.
    @discardableResult
    static func put(_ order: Pause, _ transaction: any Transaction) throws -> Bool {
        let begins = max(order.begins, transaction.now)
        let changed = try transaction.execute(
            put,
            key(order) + [
                .optional(order.rate?.text), .text(order.reason), .text(order.by), .integer(transaction.now),
                .integer(begins), .optional(order.until), .text(AuditEntry.dunlin),
            ]
        )
        guard changed > 0 else { return false }
        try transaction.execute(forget, [.integer(transaction.now)])
        let span =
            (begins > transaction.now ? " from \(Timestamp.text(begins))" : "")
            + (order.until.map { " until \(Timestamp.text($0))" } ?? "")
        let detail = (order.rate.map { "at most \($0.text): " } ?? "") + order.reason + span
        try AuditEntry.write(.lanePaused, order.subject, detail, by: order.by, transaction)
        return true
    }

    /// Ends the order about the same as this one.
    ///
    /// - Returns: whether there was one.
    public func resume(_ order: Pause, by: String) async throws -> Bool {
        defer { bell.ring(Bell.anything) }
        return try await database.write(.power) { try Pauses.resume(order, by: by, $0) }
    }

    static func resume(_ order: Pause, by: String, _ transaction: any Transaction) throws -> Bool {
        // A run is let go though its order has ended.
        try Runs.release(order, transaction)
        guard try transaction.execute(delete, key(order)) > 0 else { return false }
        try AuditEntry.write(.laneResumed, order.subject, by: by, transaction)
        return true
    }

    /// Ends one of Dunlin's own, and no person's.
    static func endOwn(_ order: Pause, _ transaction: any Transaction) throws {
        let count = try transaction.execute(deleteOwn, key(order) + [.text(AuditEntry.dunlin)])
        if count > 0 { try AuditEntry.write(.laneResumed, order.subject, by: AuditEntry.dunlin, transaction) }
    }

    private static func key(_ order: Pause) -> [SQLValue] {
        [
            order.channel.rawValue, order.lane ?? "", order.brand ?? "", order.domain ?? "", order.category ?? "",
            order.template ?? "",
        ].map { .text($0) }
    }
}
