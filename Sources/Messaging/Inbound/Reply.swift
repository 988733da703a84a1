public import JSON

/// What a person has written to us, for somebody to read and answer.
public struct Reply: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        case open, done
    }

    public let id: Int64
    /// Milliseconds since 1970, UTC.
    public let at: Int64
    public let channel: Channel
    public let from: String
    public let subject: String
    /// Without what is quoted.
    public let text: String
    /// What they may ask for, such as `review` for what may be a no.
    public let asks: String?
    /// Our message that they answer; `nil` where none is known.
    public let message: Int64?
    public let brand: String?
    public let state: State
    public let assignee: String?
    public let note: String?
    public let by: String?
    public let finishedAt: Int64?

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("at", Timestamp.text(at))
        writer.member("channel", channel.rawValue)
        writer.member("from", from)
        if !subject.isEmpty { writer.member("subject", subject) }
        writer.member("text", text)
        if let asks { writer.member("asks", asks) }
        if let message { writer.member("message", message) }
        if let brand { writer.member("brand", brand) }
        writer.member("state", state.rawValue)
        if let assignee { writer.member("assignee", assignee) }
        if let note { writer.member("note", note) }
        if let by { writer.member("by", by) }
        if let finishedAt { writer.member("finished_at", Timestamp.text(finishedAt)) }
        writer.endObject()
    }
}
