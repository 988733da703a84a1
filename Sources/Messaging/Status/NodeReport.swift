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

    /// As `status --json` and `lane list --json` give it.
    public func write(to writer: inout JSONWriter, isWorking: Bool = true) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("channel", channel.rawValue)
        writer.member("state", isWorking ? state.rawValue : "idle")
        if let reason { writer.member("reason", reason) }
        writer.member("in_flight", isWorking ? inFlight : 0)
        writer.member("connections", isWorking ? connections : 0)
        writer.endObject()
    }
}
