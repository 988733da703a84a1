/// An entry of `channels.<name>.transports`: a mapping, or just the URL of an SMTP server.
public enum TransportSettings: Sendable, Codable {
    case smtp(SMTPTransportSettings)
    case outbox(OutboxSettings)
    case webhook(WebhookSettings)
    case twilio(TwilioSettings)
    case gateway(GatewaySettings)
    case task(TaskSettings)

    enum CodingKeys: String, CodingKey { case type }

    public init(from decoder: any Decoder) throws {
        guard let container = try? decoder.container(keyedBy: CodingKeys.self) else {
            self = .smtp(SMTPTransportSettings(url: try decoder.singleValueContainer().decode(String.self)))
            return
        }
        switch try container.decode(String.self, forKey: .type) {
        case "smtp": self = .smtp(try SMTPTransportSettings(from: decoder))
        case "outbox": self = .outbox(try OutboxSettings(from: decoder))
        case "webhook": self = .webhook(try WebhookSettings(from: decoder))
        case "twilio": self = .twilio(try TwilioSettings(from: decoder))
        case "task": self = .task(try TaskSettings(from: decoder))
        case "gateway": self = .gateway(try GatewaySettings(from: decoder))
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .type,
                in: container,
                debugDescription:
                    "there is no transport of type '\(other)': write smtp, webhook, twilio, gateway, task or outbox"
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .smtp(let settings): try settings.encode(to: encoder)
        case .outbox(let settings): try settings.encode(to: encoder)
        case .webhook(let settings): try settings.encode(to: encoder)
        case .twilio(let settings): try settings.encode(to: encoder)
        case .gateway(let settings): try settings.encode(to: encoder)
        case .task(let settings): try settings.encode(to: encoder)
        }
    }

    /// As the configuration names it.
    public var type: String {
        switch self {
        case .smtp: "smtp"
        case .outbox: "outbox"
        case .webhook: "webhook"
        case .twilio: "twilio"
        case .gateway: "gateway"
        case .task: "task"
        }
    }

    var isLinkedInAPI: Bool {
        if case .webhook(let webhook) = self { webhook.format == .linkedInAPI } else { false }
    }

    /// What it gets beside the channel's others; `nil` where their order says so.
    var weight: Double? {
        switch self {
        case .smtp(let settings): settings.weight
        case .webhook(let settings): settings.weight
        case .twilio(let settings): settings.weight
        case .gateway(let settings): settings.weight
        case .outbox, .task: nil
        }
    }

    public var name: String {
        switch self {
        case .smtp(let settings): settings.name ?? "smtp"
        case .outbox(let settings): settings.name ?? "outbox"
        case .webhook(let settings): settings.name ?? "webhook"
        case .twilio(let settings): settings.name ?? "twilio"
        case .gateway(let settings): settings.name ?? "gateway"
        case .task(let settings): settings.name ?? "task"
        }
    }
}

/// `type: outbox`: what would have been sent is written to files.
public struct OutboxSettings: Sendable, Codable {
    public var type: String? = "outbox"
    /// Default `outbox`.
    public var name: String?
    /// The folder, relative to the configuration's. Default `outbox`, beside the database.
    public var path: String?

    public init() {}
}

/// `type: smtp`: a mail server that relays for us.
public struct SMTPTransportSettings: Sendable, Codable {
    public var type: String? = "smtp"
    /// What the lane is called in lists and logs. Default `smtp`.
    public var name: String?
    /// `smtp://host:port` (port 25 unless given), or `smtps://host:port` (465) for TLS from the first byte.
    public var url: String
    /// `required`, `opportunistic` (in the clear if the server offers no TLS) or `none`. Default `required`, on a loopback
    /// address `opportunistic`.
    public var tls: TLSLevel?
    public var username: String?
    public var password: Secret?
    /// A command that prints an OAuth access token (or JSON with `access_token` and `expires_in`), run again before it
    /// expires and when it is refused. Used instead of `password`.
    public var tokenCommand: String?
    /// How fast it may be, such as `10/s` or `600/min`; for texts the segments count. Default: no limit.
    public var rate: RateSettings?
    /// How many may leave at once. Default what the rate allows in a second.
    public var burst: Int?
    /// Mail to these recipient domains goes here and nowhere else, and none but it: `example.com`, or `*.example.com` for all
    /// below it. Default: what no other transport is bound to.
    public var domains: [String]?
    /// What it gets beside the channel's other transports while all have room: with 3 and 1, three messages of four. Default: the
    /// order of preference says it. 0 is for when the others are stopped.
    public var weight: Double?
    /// Sessions at the same time, 1 to 500. Default 8.
    public var connections: Int?
    /// A session is closed after so many messages. Default 1000.
    public var messagesPerConnection: Int?
    /// An unused session is closed after this time. Default `15s`.
    public var idle: TimeSpan?
    /// The name in EHLO. Default the machine's.
    public var helo: String?
    /// Certificates to trust instead of the system's, a PEM file.
    public var caFile: String?
    /// The longest wait for a connection, and for the greeting. Default `30s`.
    public var connectTimeout: TimeSpan?
    /// The longest wait for a reply to MAIL, RCPT, DATA and RSET. Default `5m` (RFC 5321, 4.5.3.2).
    public var commandTimeout: TimeSpan?
    /// The longest wait for the reply to the final dot. Default `10m` (RFC 5321, 4.5.3.2.6): less makes duplicates.
    public var finalTimeout: TimeSpan?

    public enum TLSLevel: String, Sendable, Codable, CaseIterable {
        case required, opportunistic, none
    }

    public init(url: String) {
        self.url = url
    }
}
