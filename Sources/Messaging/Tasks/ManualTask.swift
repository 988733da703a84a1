public import JSON

/// A message that a person delivers: a call to make, a letter to post.
public struct ManualTask: Sendable {
    public enum State: String, Sendable, CaseIterable {
        case open, done
    }

    /// What came of it.
    public enum Outcome: String, Sendable, CaseIterable {
        /// The person was spoken to; a message was left; they promise to pay; they dispute it.
        case reached, voicemail, promised, disputed
        /// The number is not theirs, or nobody's.
        case wrongNumber = "wrong_number"
        /// The letter is in the post; it came back.
        case posted, returned
        /// It was left, and may be tried again.
        case notDone = "not_done"

        /// Those that a channel knows.
        public static func known(_ channel: Channel) -> [Outcome] {
            channel == .letter
                ? [.posted, .returned, .notDone] : [.reached, .voicemail, .promised, .disputed, .wrongNumber, .notDone]
        }

        /// What becomes of the message.
        var end: (state: MessageState, kind: Event.Kind) {
            switch self {
            case .reached, .voicemail, .promised, .disputed, .posted: (.delivered, .delivered)
            case .wrongNumber, .returned: (.bounced, .bounced)
            case .notDone: (.failed, .rejected)
            }
        }

        /// Whether the address is of no use any more.
        var isNoAddress: Bool { self == .wrongNumber || self == .returned }

        /// As people read it.
        public var words: String { rawValue.replacing("_", with: " ") }
    }

    /// The message's.
    public let id: Int64
    public let channel: Channel
    public let to: String
    public let brand: String
    public let customer: String?
    public let state: State
    public let assignee: String?
    public let openedAt: Int64
    /// When it should be done by.
    public let due: Int64
    public let outcome: Outcome?
    public let note: String?
    public let by: String?
    public let finishedAt: Int64?
    /// Why it must not be done: the person has said no since, or it is too late. `nil` where it may.
    public let stop: String?
    /// Why it must not be done now, and from when it may.
    public var notNow: String?

    public func write(to writer: inout JSONWriter, parts: [RenderedPart]? = nil) {
        writer.beginObject()
        writer.member("message", id)
        writer.member("channel", channel.rawValue)
        writer.member("to", to)
        writer.member("brand", brand)
        if let customer { writer.member("customer", customer) }
        writer.member("state", state.rawValue)
        if let assignee { writer.member("assignee", assignee) }
        writer.member("opened_at", Timestamp.text(openedAt))
        writer.member("due", Timestamp.text(due))
        if let outcome { writer.member("outcome", outcome.rawValue) }
        if let note { writer.member("note", note) }
        if let by { writer.member("by", by) }
        if let finishedAt { writer.member("finished_at", Timestamp.text(finishedAt)) }
        if let stop { writer.member("stop", stop) }
        if let notNow { writer.member("not_now", notNow) }
        if let parts {
            writer.name("parts")
            writer.beginArray()
            for part in parts { part.write(to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }
}
