public import JSON

extension StoredMessage {
    /// Whom it goes to, as it was given.
    public var recipient: String {
        (try? JSONValue.parse(document))?["to"]?.string ?? addressKey
    }

    /// As `message show --json` and `GET /v1/messages/{id}` give it; in lists without events and document.
    public func write(to writer: inout JSONWriter, events: [Event]? = nil) {
        writer.beginObject()
        writer.member("id", id)
        if let key { writer.member("key", key) }
        writer.member("state", state.rawValue)
        if let reason { writer.member("reason", reason) }
        writer.member("channel", channel.rawValue)
        writer.member("to", recipient)
        writer.member("brand", brand)
        writer.member("category", category)
        if !template.isEmpty { writer.member("template", template) }
        if let customer { writer.member("customer", customer) }
        if let conversation { writer.member("conversation", conversation) }
        writer.member("priority", priority)
        writer.member("attempts", attempts)
        writer.member("accepted_at", Timestamp.text(acceptedAt))
        writer.member("due", Timestamp.text(due))
        if let expires { writer.member("expires", Timestamp.text(expires)) }
        if let finished = finishedAt { writer.member("finished_at", Timestamp.text(finished)) }
        if isTest { writer.member("test", true) }
        if let origin { writer.member("origin", origin) }
        if let events {
            writer.name("events")
            writer.beginArray()
            for event in events { event.write(to: &writer) }
            writer.endArray()
            if let document = try? JSONValue.parse(self.document) { writer.member("document", document) }
        }
        writer.endObject()
    }
}

extension Event {
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("at", Timestamp.text(at))
        writer.member("kind", kind.rawValue)
        if let startedAt { writer.member("started_at", Timestamp.text(startedAt)) }
        if let transport, !transport.isEmpty { writer.member("transport", transport) }
        if let detail { writer.member("detail", detail) }
        writer.endObject()
    }
}
