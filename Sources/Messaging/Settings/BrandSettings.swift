/// `brands.<id>`: who speaks.
public struct BrandSettings: Sendable, Codable {
    /// What the brand is called.
    public var name: String
    /// The sender, such as `Acme Billing <billing@acme.example>`.
    public var from: String
    public var replyTo: String?
    /// Where a bounce goes (MAIL FROM). Default the address of `from`.
    public var returnPath: String?
    /// Each message has a return path of its own, `<return_path's name>+<the message>@<its domain>`, so that a bounce proves whose
    /// it is. The mail server must take such addresses in. Default `false`.
    public var verp: Bool?
    /// One line; commercial mail must show it (15 U.S.C. 7704(a)(5)(A)(iii)).
    public var postalAddress: String
    /// `friendly`, `neutral`, `formal`, or a name of your own. Default `neutral`.
    public var tone: String?
    /// A language tag such as `en` or `de-AT`. Default `en`.
    public var locale: String?
    /// The country of phone numbers that are written without its code, such as `US`. Default that of the locale, if it has
    /// one.
    public var region: String?
    public var phone: String?
    public var website: String?
    /// A CSS colour for buttons, such as `#0a5c5c`.
    public var color: String?
    /// More header fields for every email.
    public var headers: [String: String]?
    /// Which emails get what they lack of the postal address, the way to say no and, where they advertise, the word for it:
    /// `always` (default), `commercial` or `never`.
    public var footer: Footer?

    /// Keys that sign the brand's email; of several each signs. Default: none, as the relay signs.
    public var dkim: [DKIMSettings]?

    /// Who speaks to whom, and which rules follow.
    public var compliance: ComplianceSettings?

    public enum Footer: String, Sendable, Codable, CaseIterable {
        case always, commercial, never
    }

    public init(name: String, from: String, postalAddress: String) {
        self.name = name
        self.from = from
        self.postalAddress = postalAddress
    }

    /// The brand of an installation that has configured none.
    public static var sample: BrandSettings {
        var brand = BrandSettings(
            name: "Example Ltd",
            from: "Example Billing <billing@example.com>",
            postalAddress: "1 Main Street, Springfield, IL 62701, USA"
        )
        brand.tone = "friendly"
        return brand
    }
}

/// An entry of `brands.<id>.dkim`.
public struct DKIMSettings: Sendable, Codable {
    /// Under which the public key stands: `<selector>._domainkey.<domain>`.
    public var selector: String
    /// A PEM file with the private key, relative to the configuration's folder: RSA or Ed25519.
    public var key: String
    /// Default that of `from`. Another is not aligned with it (DMARC).
    public var domain: String?

    public init(selector: String, key: String, domain: String? = nil) {
        self.selector = selector
        self.key = key
        self.domain = domain
    }
}
