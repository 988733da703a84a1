public import JSON
import Storage

/// An endpoint that is told of what happens.
public struct Subscription: Sendable, Equatable {
    public enum State: String, Sendable {
        case active
        /// The endpoint is gone, or has failed for days: what would go there fails at once, and can be replayed.
        case disabled
    }

    public let id: Int64
    public let url: String
    /// `*`, or types with commas between.
    let events: String
    public let description: String?
    /// `whsec_` and base64 (<https://www.standardwebhooks.com>).
    let secret: String
    public let state: State
    /// Why it is disabled.
    public let reason: String?
    public let createdAt: Int64
    /// Since when every delivery has failed; `nil` while they arrive.
    let failingSince: Int64?

    public var types: [String] { events == "*" ? ["*"] : events.split(separator: ",").map(String.init) }

    func wants(_ type: NewsType) -> Bool { events == "*" || types.contains(type.rawValue) }

    /// What its deliveries are found by, as the customer of a message is.
    static func customer(_ id: Int64) -> String { "subscription:\(id)" }

    init(_ row: any Row) {
        id = row.integer(0)
        url = row.text(1)
        events = row.text(2)
        description = row.optionalText(3)
        secret = row.text(4)
        state = State(rawValue: row.text(5)) ?? .disabled
        reason = row.optionalText(6)
        createdAt = row.integer(7)
        failingSince = row.optionalInteger(8)
    }

    /// - Parameter withSecret: only for the answer that makes it.
    public func write(to writer: inout JSONWriter, withSecret: Bool = false) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("url", url)
        writer.name("events")
        writer.beginArray()
        for type in types { writer.string(type) }
        writer.endArray()
        if let description { writer.member("description", description) }
        writer.member("state", state.rawValue)
        if let reason { writer.member("reason", reason) }
        writer.member("created_at", Timestamp.text(createdAt))
        if withSecret { writer.member("secret", secret) }
        writer.endObject()
    }
}
