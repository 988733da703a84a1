/// `type: webhook`: a message is posted as JSON.
public struct WebhookSettings: Sendable, Codable {
    public enum Format: String, Sendable, Codable, CaseIterable {
        /// Standard Webhooks, with all that the message says.
        case standard
        /// `{"text": …}` to an incoming webhook of Slack.
        case slack
        /// An adaptive card to a webhook of Microsoft Teams.
        case teams
        /// `{"id", "recipient", "subject", "body"}`, signed: for an endpoint of your own, or a partner's.
        case linkedin
        /// LinkedIn's Messages API, for partners that it has approved: `{"recipients", "subject", "body", "messageType"}`. A person
        /// approves each message. `headers` hold `Authorization` and `LinkedIn-Version`.
        case linkedInAPI = "linkedin-api"
    }

    public var type: String? = "webhook"
    /// What the lane is called in lists and logs. Default `webhook`.
    public var name: String?
    /// Where everything is posted. Left out, each message's `to` is the address of its own endpoint.
    public var url: String?
    /// Default `standard`; on the channel `linkedin` it is `linkedin`.
    public var format: Format?
    /// Signs as Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64. Of several the newest stands first and all
    /// sign, so that a receiver can change from one to the next.
    public var secrets: [Secret]?
    /// More header fields, such as `Authorization`.
    public var headers: [String: Secret]?
    /// How fast it may be, such as `10/s` or `600/min`; for texts the segments count. Default: no limit.
    public var rate: RateSettings?
    /// How many may leave at once. Default what the rate allows in a second.
    public var burst: Int?
    /// What it gets beside the channel's other transports while all have room: with 3 and 1, three messages of four. Default: the
    /// order of preference says it. 0 is for when the others are stopped.
    public var weight: Double?
    /// Requests at the same time, 1 to 500. Default 8.
    public var connections: Int?
    /// The longest wait for an answer, 1 s to 5 min. Default `20s`.
    public var timeout: TimeSpan?
    /// Permits `http`, and addresses that are not of the public internet. Default `false`, with a `url` of the configuration
    /// `true`: whoever wrote it may speak to the own network.
    public var allowPrivate: Bool?
    /// Certificates to trust instead of the system's, a PEM file.
    public var caFile: String?

    public init() {}
}
