/// `type: twilio`: texts through Twilio's Messages API.
public struct TwilioSettings: Sendable, Codable {
    public var type: String? = "twilio"
    /// What the lane is called in lists and logs. Default `twilio`.
    public var name: String?
    /// `AC` and 32 hexadecimal digits.
    public var accountSID: String
    /// Signs in, and verifies what Twilio posts to us.
    public var authToken: Secret
    /// The number or name that texts come from; or give `messaging_service`.
    public var from: String?
    /// `MG` and 32 hexadecimal digits: the service picks the sender.
    public var messagingService: String?
    /// Default `https://api.twilio.com`.
    public var url: String?
    /// STOP, START and HELP are answered by a text of ours. Default `false`: Twilio answers them itself.
    public var answersTexts: Bool?
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
    /// Requests at the same time, 1 to 100. Default 4.
    public var connections: Int?
    /// The longest wait for an answer, 1 s to 5 min. Default `20s`.
    public var timeout: TimeSpan?
    /// Certificates to trust instead of the system's, a PEM file.
    public var caFile: String?

    enum CodingKeys: String, CodingKey {
        case type, name, authToken, from, messagingService, url, answersTexts, rate, burst, price, currency, weight,
            connections,
            timeout, caFile
        case accountSID = "accountSid"
    }
}
