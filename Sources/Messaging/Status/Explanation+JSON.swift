public import JSON

extension Explanation {
    /// As `why --json` and `GET /v1/messages/{id}/why` give it.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("message", message.id)
        writer.member("state", message.state.rawValue)
        if let next { writer.member("next", Timestamp.text(next)) }
        writer.name("checks")
        writer.beginArray()
        for check in checks {
            writer.beginObject()
            writer.member("name", check.name)
            writer.member("passes", check.passes)
            writer.member("verdict", check.verdict)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
