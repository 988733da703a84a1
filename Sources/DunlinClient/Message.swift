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

    /// One more way to the recipient.
    public struct Address: Sendable {
        public var channel: Channel
        public var to: String

        public init(_ channel: Channel, to: String) {
            self.channel = channel
            self.to = to
        }
    }

    /// What ``others`` are for.
    public enum Policy: Sendable {
        /// Each stands by until the one before does not arrive: at the latest after `within`, such as `4h`.
        case first(within: String? = nil)
        /// The message goes over all of them.
        case all
    }

    /// Your own name for it, at most 200 bytes: the same key again is the same message, so a request can be repeated safely.
    public var key: String?
    public var channel: Channel
    /// `Ada Lovelace <ada@example.com>`, or the address alone.
    public var to: String
    /// Further ways to the recipient, each with a channel of its own.
    public var others: [Address] = []
    public var policy = Policy.first()
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
        case key, channel, channels, policy, within, to, brand, template, vars, content, tone, locale, priority, due,
            expires, customer,
            conversation
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(key, forKey: .key)
        try encodeWays(to: &container)
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

    private func encodeWays(to container: inout KeyedEncodingContainer<CodingKeys>) throws {
        guard !others.isEmpty else {
            try container.encode(channel, forKey: .channel)
            return try container.encode(to, forKey: .to)
        }
        let ways = [Address(channel, to: to)] + others
        try container.encode(ways.map(\.channel), forKey: .channels)
        try container.encode(Dictionary(ways.map { ($0.channel.rawValue, $0.to) }) { $1 }, forKey: .to)
        switch policy {
        case .all: try container.encode("all", forKey: .policy)
        case .first(let within): try container.encodeIfPresent(within, forKey: .within)
        }
    }
}
