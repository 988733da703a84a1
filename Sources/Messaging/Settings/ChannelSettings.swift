/// `channels.<name>` in the configuration: how a channel delivers.
public struct ChannelSettings: Sendable, Codable {
    /// In order of preference: the next one is used while the one before it is stopped. Default: the outbox, while no
    /// channel has any.
    public var transports: [TransportSettings]
    public var retry: RetrySettings
    /// What happens to a message of which nobody knows whether it arrived: `retry` (default) or `hold`.
    public var uncertain: UncertainPolicy

    public init(
        transports: [TransportSettings] = [],
        retry: RetrySettings = .init(),
        uncertain: UncertainPolicy = .retry
    ) {
        self.transports = transports
        self.retry = retry
        self.uncertain = uncertain
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            transports: try container.decodeIfPresent([TransportSettings].self, forKey: .transports) ?? [],
            retry: try container.decodeIfPresent(RetrySettings.self, forKey: .retry) ?? .init(),
            uncertain: try container.decodeIfPresent(UncertainPolicy.self, forKey: .uncertain) ?? .retry
        )
    }
}

/// `channels.<name>.retry`.
public struct RetrySettings: Sendable, Codable {
    /// The wait before the first retry. Default `1m`.
    public var first: TimeSpan?
    /// Each wait is this many times the one before. At least 1; default 2.
    public var factor: Double?
    /// No wait is longer, unless the other side asks for it. Default `4h`.
    public var max: TimeSpan?
    /// No attempt starts later than this after the message was first due. Default `3d`.
    public var giveUp: TimeSpan?

    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        first = try container.decodeIfPresent(TimeSpan.self, forKey: .first)
        factor = try container.decodeIfPresent(Double.self, forKey: .factor)
        max = try container.decodeIfPresent(TimeSpan.self, forKey: .max)
        giveUp = try container.decodeIfPresent(TimeSpan.self, forKey: .giveUp)
        func refuse(_ key: CodingKeys, _ message: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: message)
        }
        if let factor, factor < 1 { throw refuse(.factor, "it must be at least 1") }
        if first?.milliseconds == 0 { throw refuse(.first, "it must be more than 0") }
        if max?.milliseconds == 0 { throw refuse(.max, "it must be more than 0") }
    }

    public var policy: RetryPolicy {
        var policy = RetryPolicy()
        if let first { policy.first = first.milliseconds }
        if let factor { policy.factor = Swift.max(1, factor) }
        if let max { policy.max = max.milliseconds }
        if let giveUp { policy.giveUp = giveUp.milliseconds }
        return policy
    }
}

/// An entry of `channels.<name>.transports`: a mapping, or just the URL of an SMTP server.
public enum TransportSettings: Sendable, Codable {
    case smtp(SMTPTransportSettings)
    case outbox(OutboxSettings)

    enum CodingKeys: String, CodingKey { case type }

    public init(from decoder: any Decoder) throws {
        guard let container = try? decoder.container(keyedBy: CodingKeys.self) else {
            self = .smtp(SMTPTransportSettings(url: try decoder.singleValueContainer().decode(String.self)))
            return
        }
        switch try container.decode(String.self, forKey: .type) {
        case "smtp": self = .smtp(try SMTPTransportSettings(from: decoder))
        case "outbox": self = .outbox(try OutboxSettings(from: decoder))
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .type,
                in: container,
                debugDescription: "there is no transport of type '\(other)': write smtp or outbox"
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .smtp(let settings): try settings.encode(to: encoder)
        case .outbox(let settings): try settings.encode(to: encoder)
        }
    }

    public var name: String {
        switch self {
        case .smtp(let settings): settings.name ?? "smtp"
        case .outbox(let settings): settings.name ?? "outbox"
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
