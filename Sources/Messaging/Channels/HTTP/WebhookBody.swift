import JSON

/// What is posted for a message: the same bytes at each attempt.
struct WebhookBody {
    private let handOff: HandOff
    private let parts: Delivery.PartsPayload

    init(_ handOff: HandOff, _ parts: Delivery.PartsPayload) {
        self.handOff = handOff
        self.parts = parts
    }

    func bytes(_ format: WebhookSettings.Format) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        switch format {
        case .standard: writeStandard(&writer)
        case .slack: writer.member("text", slackText)
        case .teams: writeCard(&writer)
        case .linkedin: writeLinkedIn(&writer)
        case .linkedInAPI: writeLinkedInAPI(&writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private func writeStandard(_ writer: inout JSONWriter) {
        writer.member("type", "message")
        writer.member("timestamp", Timestamp.text(handOff.acceptedAt))
        writer.name("data")
        writer.beginObject()
        writer.member("id", handOff.id)
        if let key = parts.key { writer.member("key", key) }
        writer.member("channel", handOff.channel.rawValue)
        writer.member("to", parts.to)
        writer.member("brand", parts.brand)
        if let subject = parts.subject { writer.member("subject", subject) }
        writer.member("text", parts.text)
        if let html = parts.html { writer.member("html", html) }
        if let customer = parts.customer { writer.member("customer", customer) }
        if let conversation = parts.conversation { writer.member("conversation", conversation) }
        if let metadata = parts.metadata {
            writer.name("metadata")
            writer.raw(metadata)
        }
        writer.endObject()
    }

    private func writeLinkedIn(_ writer: inout JSONWriter) {
        writer.member("id", "msg_\(handOff.id)")
        writer.member("recipient", parts.to)
        if let subject = parts.subject { writer.member("subject", subject) }
        writer.member("body", parts.text)
    }

    /// <https://learn.microsoft.com/en-us/linkedin/shared/integrations/communications/messages>
    private func writeLinkedInAPI(_ writer: inout JSONWriter) {
        writer.name("recipients")
        writer.beginArray()
        writer.string(parts.to)
        writer.endArray()
        if let subject = parts.subject { writer.member("subject", subject) }
        writer.member("body", parts.text)
        writer.member("messageType", "MEMBER_TO_MEMBER")
    }

    /// `&`, `<` and `>` begin links and mentions there.
    private var slackText: String {
        let text = [parts.subject.map { "*\($0)*" }, parts.text].compactMap { $0 }.joined(separator: "\n")
        return text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private func writeCard(_ writer: inout JSONWriter) {
        writer.member("type", "message")
        writer.name("attachments")
        writer.beginArray()
        writer.beginObject()
        writer.member("contentType", "application/vnd.microsoft.card.adaptive")
        writer.name("content")
        writer.beginObject()
        writer.member("$schema", "http://adaptivecards.io/schemas/adaptive-card.json")
        writer.member("type", "AdaptiveCard")
        writer.member("version", "1.2")
        writer.name("body")
        writer.beginArray()
        for (text, isHead) in [(parts.subject, true), (parts.text, false)] {
            guard let text else { continue }
            writer.beginObject()
            writer.member("type", "TextBlock")
            writer.member("text", text)
            writer.name("wrap")
            writer.bool(true)
            if isHead { writer.member("weight", "Bolder") }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.endObject()
        writer.endArray()
    }
}
