/// What a channel asks of a message beside what every message must be.
public struct ChannelRules: Sendable {
    /// Recipients are addresses that are posted to.
    public var endpoint: EndpointRule?
    /// A person lets each message go.
    public var needsApproval = false
    /// Recipients are members of LinkedIn, as `urn:li:person:…`.
    var needsMember = false
    /// LinkedIn's terms: no HTML.
    public var allowsHTML = true
    public var allowsAmounts = true
    /// Of a text message.
    public var mostSegments = ChannelSettings.standardSegments

    public init() {}

    public init(_ channel: Channel, _ settings: ChannelSettings, isSandbox: Bool) {
        for case .webhook(let webhook) in settings.transports where webhook.url == nil && !isSandbox {
            let isAllowed = webhook.allowPrivate ?? false
            endpoint = EndpointRule(place: "to", allowsPrivate: isAllowed, permission: "allow_private")
        }
        needsApproval = (settings.approval ?? (channel == .linkedin ? .required : .none)) == .required
        needsMember = settings.transports.contains(where: \.isLinkedInAPI)
        allowsHTML = channel != .linkedin
        allowsAmounts = settings.amounts ?? (channel != .linkedin)
        mostSegments = settings.maxSegments ?? mostSegments
    }

    /// Throws where the words are not what the channel may carry.
    func check(_ parts: [String: [UInt8]], _ channel: Channel, place: String) throws(Rejection) {
        let texts = parts.sorted { $0.key < $1.key }.map { ($0.key, String(decoding: $0.value, as: UTF8.self)) }
        if channel == .sms, let text = texts.first(where: { $0.0 == "sms.txt" })?.1 {
            let segments = TextSegments(text)
            guard segments.count <= mostSegments else {
                let size = "the text takes \(segments.count) segments (\(segments.alphabet.rawValue))"
                throw Rejection(
                    place,
                    "\(size), more than \(mostSegments): shorten it, or raise channels.sms.max_segments"
                )
            }
        }
        if !allowsHTML {
            guard !texts.contains(where: { $0.0.hasSuffix(".html") || $0.1.contains(/<\/?[A-Za-z][^<>]{0,500}>/) })
            else {
                throw Rejection(place, "\(channel.rawValue) carries no HTML: write plain text")
            }
        }
        if !allowsAmounts, let amount = texts.lazy.compactMap({ ChannelRules.amount(in: $0.1) }).first {
            throw Rejection(
                place,
                "it shows an amount (\(amount)), which others may see: leave it out, or set "
                    + "channels.\(channel.rawValue).amounts: true"
            )
        }
    }

    /// The first amount of money in a text: digits beside a currency's sign or its code.
    static func amount(in text: String) -> String? {
        let signs =
            /(?:[$€£¥₹₴₽₺₩]|\b(?:USD|EUR|GBP|CHF|CAD|AUD|JPY|INR|SEK|NOK|DKK|PLN|CZK|UAH)(?![A-Za-z]))\s?[0-9][0-9.,']{0,30}/
        if let match = text.firstMatch(of: signs) { return String(match.output) }
        let after =
            /[0-9][0-9.,']{0,30}\s?(?:[€£¥₹₴₽₺₩]|(?:USD|EUR|GBP|CHF|CAD|AUD|JPY|INR|SEK|NOK|DKK|PLN|CZK|UAH)(?![A-Za-z]))/
        return text.firstMatch(of: after).map { String($0.output) }
    }
}
