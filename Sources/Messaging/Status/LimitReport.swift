public import JSON

/// A limit as its worker last told of it.
public struct LimitReport: Sendable, Codable, Equatable {
    public let channel: Channel
    /// Such as `limit:google`, `domain:example.com`, `brand:acme`, `sender:billing@acme.example`.
    public let name: String
    /// Messages a second; `nil` where it sets none.
    public var limit: Double?
    /// Deliveries at once.
    public var concurrency: Int?
    /// What leaves, messages a second.
    public var rate: Double
    public var inFlight: Int
    /// Messages that it keeps.
    public var parked: Int
    /// Why nothing, or less, leaves; from whom.
    public var reason: String?
    public var until: Int64?
    public var lastError: String?

    /// Seconds until what it keeps is gone at the rate that it allows; `nil` where that is not known.
    public var drainSeconds: Int64? {
        guard parked > 0, let pace = limit ?? (rate > 0 ? rate : nil), pace > 0 else { return nil }
        return Int64((Double(parked) / pace).rounded(.up))
    }

    /// What it lets go, in words.
    public var most: String {
        [limit.map(Words.rate), concurrency.map { "\($0) at once" }].compactMap(\.self).joined(separator: ", ")
    }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("channel", channel.rawValue)
        if let limit { writer.member("limit_per_second", limit) }
        if let concurrency { writer.member("concurrency", concurrency) }
        writer.member("rate_per_second", rate)
        writer.member("in_flight", inFlight)
        writer.member("parked", parked)
        if let drainSeconds { writer.member("drain_seconds", drainSeconds) }
        if let reason { writer.member("reason", reason) }
        if let until { writer.member("until", Timestamp.text(until)) }
        if let lastError { writer.member("last_error", lastError) }
        writer.endObject()
    }
}
