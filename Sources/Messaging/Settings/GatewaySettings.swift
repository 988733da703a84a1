/// `type: gateway`: texts through any provider that takes them over HTTP.
///
/// In `url`, `query`, `form`, `json` and `headers` these stand for values: `{to}` (E.164), `{to_digits}` (without `+`), `{from}`,
/// `{text}`, `{text_hex}` (UTF-16BE, hexadecimal), `{id}` (our message id), `{alphabet}` (`gsm` or `unicode`),
/// `{validity_seconds}`, `{validity_minutes}`, `{validity_ms}`, `{callback}` (where receipts are taken).
public struct GatewaySettings: Sendable, Codable {
    public var type: String? = "gateway"
    /// What the lane is called in lists and logs. Default `gateway`.
    public var name: String?
    /// Where texts are posted.
    public var url: String
    /// `GET`, `POST` (default) or `PUT`.
    public var method: String?
    public var headers: [String: Secret]?
    /// Fields of the query, of a form, or the text of a JSON body: at most one of `form` and `json`.
    public var query: [String: Secret]?
    public var form: [String: Secret]?
    public var json: Secret?
    /// Basic authentication.
    public var username: String?
    public var password: Secret?
    /// What `{from}` is.
    public var from: String?
    /// What a text is taken by.
    public var success: GatewaySuccess?
    /// What other answers mean, the first that matches; what none matches is judged by its status.
    public var errors: [GatewayRule]?
    /// How to read what the provider posts to `{callback}`.
    public var receipts: GatewayReceipts?
    /// A text that comes twice with the same `{id}` is known as one. Default `false`.
    public var idempotent: Bool?
    /// Texts without a given expiry wait at the provider so long. Default `3d`.
    public var validity: TimeSpan?
    /// STOP, START and HELP are answered by a text of ours; say `false` where the provider answers them. Default `true`.
    public var answersTexts: Bool?
    /// Permits `http` and private addresses; default `true`, as the address is the configuration's.
    public var allowPrivate: Bool?
    /// How fast it may be, such as `10/s` or `600/min`; for texts the segments count. Default: no limit.
    public var rate: RateSettings?
    /// How many may leave at once. Default what the rate allows in a second.
    public var burst: Int?
    /// What a segment costs, such as `0.0079`; default: it is not counted.
    public var price: Double?
    /// Default `USD`.
    public var currency: String?
    /// What it gets beside the channel's other transports while all have room: with 3 and 1, three messages of four. Default: the
    /// order of preference says it. 0 is for when the others are stopped.
    public var weight: Double?
    /// Requests at the same time, 1 to 500. Default 4.
    public var connections: Int?
    /// The longest wait for an answer, 1 s to 5 min. Default `20s`.
    public var timeout: TimeSpan?
    /// Certificates to trust instead of the system's, a PEM file.
    public var caFile: String?
}

/// `success` of a gateway.
public struct GatewaySuccess: Sendable, Codable {
    /// Such as `200` or `200-299` (default).
    public var status: String?
    /// A regular expression that the body matches; default any.
    public var body: String?
    /// A regular expression whose first group is the provider's id of the text.
    public var id: String?
}

/// One of a gateway's `errors`.
public struct GatewayRule: Sendable, Codable {
    public enum Meaning: String, Sendable, Codable, CaseIterable {
        /// It may work later.
        case retry
        /// Too much at once: the lane rests.
        case throttled
        /// This text will not be taken.
        case rejected
        /// The number exists not, or takes no texts: nothing is sent to it any more.
        case badNumber = "bad_number"
        /// The person said no to the provider.
        case optedOut = "opted_out"
        /// Refused by policy: many of them stop the lane.
        case policy
        /// Credentials, credit, the sender: the lane stops, its messages wait.
        case ourFault = "our_fault"
        /// Whether it was taken is not known.
        case uncertain
    }

    /// Such as `412` or `500-599`; default any.
    public var status: String?
    /// A regular expression that the body matches; default any.
    public var body: String?
    public var outcome: Meaning
}

/// `receipts` of a gateway: what the provider posts to `{callback}`, in a form, in JSON (names with dots between) or in the
/// query.
public struct GatewayReceipts: Sendable, Codable {
    /// The field with the provider's id of the text.
    public var id: String?
    /// The field that says how it stands; without it no receipt is read.
    public var status: String?
    /// Its words for delivered; default `delivered` and `delivrd`.
    public var delivered: [String]?
    /// Its words for what will not arrive; default the usual ones, such as `undelivered` and `expired`.
    public var failed: [String]?
    /// The field with the reason of a failure.
    public var error: String?
    /// Reasons that say that the number exists not: nothing is sent to it any more.
    public var badNumber: [String]?
    /// Reasons that say that the person said no.
    public var optedOut: [String]?
    /// Of texts that people send: the fields with sender, recipient and words.
    public var from: String?
    public var to: String?
    public var text: String?
    /// What the provider must hear, such as `ACK/Jasmin`. Default `OK`.
    public var answer: String?
    /// For a provider whose callback is an address of its own account: it adds `?key=` and this.
    public var key: Secret?

    public init() {}
}
