public import JSON

/// A worker process as it last told of itself.
public struct NodeReport: Sendable, Codable {
    public let name: String
    public let startedAt: Int64
    public let heartbeatAt: Int64
    public let stoppedAt: Int64?
}

/// A lane as its worker last told of it.
public struct LaneReport: Sendable, Codable, Equatable {
    public enum State: String, Sendable, Codable {
        case open
        /// Its breaker stopped it; `reason` says why.
        case stopped
        /// A person paused it; `reason` says why.
        case paused
        /// The other side asked us to slow down.
        case resting
        /// It sends less than it could: `reason` says why.
        case slowed
        /// One message tries whether it works again.
        case probing
    }

    public let name: String
    public let channel: Channel
    public let state: State
    /// Since when it is in that state.
    public let since: Int64
    public let reason: String?
    public let connections: Int
    public let inFlight: Int
    public var detail = Detail()

    /// How fast it is, and how fast it may be.
    public struct Detail: Sendable, Codable, Equatable {
        /// Messages a second; `nil` where nothing limits it.
        public var limit: Double?
        /// Deliveries at once while fewer than configured.
        public var most: Int?
        /// What leaves, messages a second.
        public var rate = 0.0
        public var lastError: String?
        /// What it is bound to.
        public var domains: [String]?
        /// What it gets beside others; `nil` where their order says so.
        public var weight: Double?
        /// How much of its part it is trusted with after failures, below 1; `nil` for all of it.
        public var trust: Double?
    }

    /// What it may send, in words.
    public var most: String {
        [
            detail.limit.map(Words.rate), detail.most.map { "\($0) at once" },
            detail.trust.map { "\(max(1, Int(($0 * 100).rounded()))) % of its part" },
        ]
        .compactMap(\.self).joined(separator: ", ")
    }

    /// As `status --json` and `lane list --json` give it.
    public func write(to writer: inout JSONWriter, isWorking: Bool = true) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("channel", channel.rawValue)
        writer.member("state", isWorking ? state.rawValue : "idle")
        if let reason { writer.member("reason", reason) }
        writer.member("in_flight", isWorking ? inFlight : 0)
        writer.member("connections", isWorking ? connections : 0)
        if let limit = detail.limit { writer.member("limit_per_second", limit) }
        if let most = detail.most { writer.member("concurrency", most) }
        if let weight = detail.weight { writer.member("weight", weight) }
        if let trust = detail.trust { writer.member("trust", trust) }
        writer.member("rate_per_second", isWorking ? detail.rate : 0)
        if let error = detail.lastError { writer.member("last_error", error) }
        if let domains = detail.domains {
            writer.name("domains")
            writer.beginArray()
            for domain in domains { writer.string(domain) }
            writer.endArray()
        }
        writer.endObject()
    }
}
