public import JSON

extension Explanation {
    /// As `why --json` and `GET /v1/messages/{id}/why` give it.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", message.id)
        writer.member("state", message.state.rawValue)
        writer.name("next")
        if let next { writer.string(Timestamp.text(next)) } else { writer.null() }
        writer.name("checks")
        writer.beginArray()
        for check in checks {
            writer.beginObject()
            writer.member("check", check.name)
            writer.member("passes", check.passes)
            writer.member("verdict", check.verdict)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
