public import JSON

/// Reads a message as JSON and checks all that can be known before it is stored: fields, address, times, size, and that
/// its template exists and has every variable it uses.
public struct MessageReader: Sendable {
    private let composer: Composer
    private let channels: [Channel: ChannelRules]

    /// - Parameter channels: those that have a transport, and what they ask.
    public init(composer: Composer, channels: [Channel: ChannelRules]) {
        self.composer = composer
        self.channels = channels
    }

    /// Bytes of one message, attachments included.
    public static let maximumSize = 20 << 20

    static let fields: Set<String> = [
        "key", "channel", "to", "brand", "template", "tone", "locale", "vars", "content", "category", "priority", "due",
        "expires", "time_zone", "customer", "conversation", "metadata", "attachments",
    ]

    public func read(_ bytes: [UInt8]) throws(Rejection) -> NewMessage {
        try MessageReader.check(size: bytes.count)
        let document: JSONValue
        do {
            document = try JSONValue.parse(bytes)
        } catch {
            throw Rejection("", "no valid JSON: \(error)")
        }
        return try read(document, bytes)
    }

    /// A message that stands in a larger document.
    public func read(_ document: JSONValue) throws(Rejection) -> NewMessage {
        let bytes = Array(document.raw)
        try MessageReader.check(size: bytes.count)
        return try read(document, bytes)
    }

    private static func check(size: Int) throws(Rejection) {
        guard size > maximumSize else { return }
        throw Rejection("", "the message has \(size) bytes, more than \(maximumSize >> 20) MiB")
    }

    func read(_ document: JSONValue, _ bytes: [UInt8]) throws(Rejection) -> NewMessage {
        guard document.kind == .object else {
            throw Rejection("", "a message is a JSON object: {\"channel\": ..., \"to\": ...}")
        }
        for (name, _) in document.members {
            let field = name.string ?? ""
            guard MessageReader.fields.contains(field) || MessageReader.chainFields.contains(field) else {
                let known = MessageReader.fields.union(MessageReader.chainFields).sorted().joined(separator: ", ")
                throw Rejection(field, "there is no such field; known: \(known)")
            }
        }
        if let channels = document["channels"], !channels.isNull { return try chain(document, bytes) }
        for field in ["policy", "within"] where document[field].map({ !$0.isNull }) ?? false {
            throw Rejection(field, "it means nothing without 'channels'")
        }
        let name = try text("channel", in: document, limit: 20, required: true) ?? ""
        guard let channel = Channel(named: name) else {
            throw Rejection(
                "channel",
                "'\(name)' is no channel; known: \(Channel.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard let rules = channels[channel] else {
            throw Rejection(
                "channel",
                "\(channel.rawValue) has no transport: configure channels.\(channel.rawValue).transports"
            )
        }
        let priority = try priority(document)
        let due = try time("due", in: document)
        let expires = try time("expires", in: document)
        if let due, let expires, expires <= due {
            throw Rejection("expires", "it lies before 'due': the message could never be sent")
        }
        let zone = try text("time_zone", in: document, limit: 64)
        if let zone, !TimeZones.isKnown(zone) {
            throw Rejection("time_zone", "'\(zone)' is no time zone: write a name such as America/New_York")
        }
        if let metadata = document["metadata"], !metadata.isNull, metadata.kind != .object {
            throw Rejection("metadata", "it must be an object")
        }
        let key = try text("key", in: document, limit: 200)
        if key?.isEmpty == true {
            throw Rejection("key", "it is empty: leave it out, or give the message a name of its own")
        }
        let plan = try composer.plan(document, channel: channel)
        try rules.endpoint?.check(plan.recipient.given)
        if rules.needsMember, plan.recipient.given.wholeMatch(of: /urn:li:person:[A-Za-z0-9_-]{1,100}/) == nil {
            throw Rejection("to", "it is no member of LinkedIn: write urn:li:person: and the member's id")
        }
        try composer.check(plan, rules)
        var message = NewMessage(
            key: key,
            channel: channel,
            priority: priority,
            due: due,
            expires: expires,
            addressKey: plan.recipient.key,
            domain: plan.recipient.domain,
            brand: plan.brand.id,
            category: plan.category,
            template: plan.templateName,
            customer: try text("customer", in: document, limit: 200),
            conversation: try text("conversation", in: document, limit: 200),
            document: bytes
        )
        message.needsApproval = rules.needsApproval
        // The person may be where they say, and where their number is from.
        let ofNumber = channel == .sms || channel == .call ? PhoneZones.candidates(plan.recipient.key) : []
        message.zones = Set(ofNumber + [zone].compactMap(\.self)).sorted()
        return message
    }

    private func text(
        _ name: String,
        in document: JSONValue,
        limit: Int,
        required: Bool = false
    ) throws(Rejection) -> String? {
        guard let value = document[name], !value.isNull else {
            if required { throw Rejection(name, "it is missing") }
            return nil
        }
        guard let text = value.string else { throw Rejection(name, "it must be a string") }
        guard text.utf8.count <= limit else { throw Rejection(name, "it has more than \(limit) bytes") }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            throw Rejection(name, "it holds a control character: remove it")
        }
        return text
    }

    private func priority(_ document: JSONValue) throws(Rejection) -> Int {
        guard let value = document["priority"], !value.isNull else { return NewMessage.standardPriority }
        guard let number = value.integer, (0...9).contains(number) else {
            throw Rejection("priority", "it must be a whole number from 0 (most urgent) to 9")
        }
        return Int(number)
    }

    private func time(_ name: String, in document: JSONValue) throws(Rejection) -> Int64? {
        guard let value = document[name], !value.isNull else { return nil }
        guard let text = value.string, let time = Timestamp.parse(text) else {
            throw Rejection(name, "it is no time: write it like 2026-11-30T09:00:00Z")
        }
        return time
    }
}
