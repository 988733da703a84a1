/// A message as Dunlin takes it. Only `channel`, `to` and one of `template` and `content` are required.
public struct Message: Encodable, Sendable {
    public enum Channel: String, Encodable, Sendable {
        case email, sms, linkedin, webhook, call, letter
    }

    public struct Content: Encodable, Sendable {
        public var subject: String?
        public var text: String
        public var html: String?

        public init(subject: String? = nil, text: String, html: String? = nil) {
            self.subject = subject
            self.text = text
            self.html = html
        }
    }

    /// Your own name for it, at most 200 bytes: the same key again is the same message, so a request can be repeated safely.
    public var key: String?
    public var channel: Channel
    /// `Ada Lovelace <ada@example.com>`, or the address alone.
    public var to: String
    public var brand: String?
    public var template: String?
    /// The template's variables: anything that encodes as a JSON object.
    public var vars: (any Encodable & Sendable)?
    public var content: Content?
    public var tone: String?
    public var locale: String?
    /// 0 (most urgent) to 9; 5 where it is absent.
    public var priority: Int?
    /// RFC 3339, such as `2026-11-30T09:00:00Z`: not before then.
    public var due: String?
    /// RFC 3339: never after then.
    public var expires: String?
    public var customer: String?
    /// What belongs together, such as all about one invoice: one call cancels it.
    public var conversation: String?

    public init(
        key: String? = nil,
        _ channel: Channel,
        to: String,
        template: String,
        vars: any Encodable & Sendable = [String: String]()
    ) {
        self.key = key
        self.channel = channel
        self.to = to
        self.template = template
        self.vars = vars
    }

    public init(key: String? = nil, _ channel: Channel, to: String, content: Content) {
        self.key = key
        self.channel = channel
        self.to = to
        self.content = content
    }

    enum CodingKeys: String, CodingKey {
        case key, channel, to, brand, template, vars, content, tone, locale, priority, due, expires, customer,
            conversation
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(key, forKey: .key)
        try container.encode(channel, forKey: .channel)
        try container.encode(to, forKey: .to)
        try container.encodeIfPresent(brand, forKey: .brand)
        try container.encodeIfPresent(template, forKey: .template)
        if let vars { try vars.encode(to: container.superEncoder(forKey: .vars)) }
        try container.encodeIfPresent(content, forKey: .content)
        try container.encodeIfPresent(tone, forKey: .tone)
        try container.encodeIfPresent(locale, forKey: .locale)
        try container.encodeIfPresent(priority, forKey: .priority)
        try container.encodeIfPresent(due, forKey: .due)
        try container.encodeIfPresent(expires, forKey: .expires)
        try container.encodeIfPresent(customer, forKey: .customer)
        try container.encodeIfPresent(conversation, forKey: .conversation)
    }
}
