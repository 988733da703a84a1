import Foundation
import JSON

/// A brand, checked and prepared once: what is the same in all its messages is encoded here.
public struct Brand: Sendable {
    public let id: String
    public let settings: BrandSettings
    public let tone: String
    public let locale: String
    /// The country of phone numbers that are written without its code; `nil` refuses such numbers.
    let region: String?
    let headers: EmailHeaders
    /// MAIL FROM.
    let sender: String
    /// What `brand` is in a template.
    let variables: JSONValue
    /// What sign its email.
    let signers: [DKIMSigner]
    /// Its email must say that it is from a debt collector.
    let isOfCollector: Bool

    /// - Parameter folder: where relative paths start.
    public init(id: String, settings: BrandSettings, folder: String = ".") throws(Rejection) {
        func place(_ key: String) -> String { "brands.\(id).\(key)" }
        self.id = id
        self.settings = settings
        tone = settings.tone ?? "neutral"
        locale = settings.locale ?? "en"
        region = settings.region ?? Brand.region(of: locale)
        if let region, !PhoneNumber.isKnown(region: region) {
            let remedy = "write two letters as ISO 3166 has them, such as US or GB"
            throw Rejection(place("region"), "there is no country '\(region)': \(remedy)")
        }
        try settings.compliance?.check(place("compliance"))
        isOfCollector = CompliancePolicy(settings).rules["RF-13"] != nil
        guard !settings.name.isEmpty else { throw Rejection(place("name"), "it is empty") }
        guard !settings.name.contains(where: \.isNewline) else { throw Rejection(place("name"), "it must be one line") }
        guard !settings.postalAddress.contains(where: \.isNewline) else {
            throw Rejection(place("postal_address"), "it must be one line: separate its parts by commas")
        }
        let from = try Brand.mailbox(settings.from, place("from"))
        let replyTo: Mailbox? =
            if let replyTo = settings.replyTo { try Brand.mailbox(replyTo, place("reply_to")) } else { nil }
        var fields: [HeaderField] = []
        for (name, value) in (settings.headers ?? [:]).sorted(by: { $0.key < $1.key }) {
            do {
                fields.append(try HeaderField(name: name, value: value))
            } catch {
                throw Rejection(place("headers"), "\(error)")
            }
        }
        do {
            headers = try EmailHeaders(from: from, replyTo: replyTo, custom: fields)
        } catch {
            throw Rejection(place("headers"), "\(error)")
        }
        if let path = settings.returnPath {
            let address = try Brand.mailbox(path, place("return_path")).address
            guard !address.needsSMTPUTF8 else {
                throw Rejection(place("return_path"), "it must be ASCII before its '@'")
            }
            sender = address.smtpPath
        } else {
            sender = from.address.smtpPath
        }
        signers = try Brand.signers(settings.dkim ?? [], from: from.address.asciiDomain, place("dkim"), folder: folder)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", settings.name)
        writer.member("postal_address", settings.postalAddress)
        writer.member(
            "reply_to",
            settings.replyTo.flatMap { try? Mailbox(parsing: $0).address.description } ?? from.address.description
        )
        if let phone = settings.phone { writer.member("phone", phone) }
        if let website = settings.website { writer.member("website", website) }
        if let color = settings.color { writer.member("color", try Brand.color(color, place("color"))) }
        writer.endObject()
        do {
            variables = try JSONValue.parse(writer.bytes)
        } catch {
            throw Rejection("brands.\(id)", "\(error)")
        }
    }

    /// `AT` of `de-AT`; `nil` where the tag names no country that has phones.
    static func region(of locale: String) -> String? {
        let parts = locale.split(separator: "-").dropFirst()
        return parts.first { $0.utf8.count == 2 }.map { $0.uppercased() }.flatMap {
            PhoneNumber.isKnown(region: $0) ? $0 : nil
        }
    }

    private static func signers(
        _ settings: [DKIMSettings],
        from: String,
        _ place: String,
        folder: String
    ) throws(Rejection) -> [DKIMSigner] {
        var signers: [DKIMSigner] = []
        for (index, entry) in settings.enumerated() {
            let place = "\(place)[\(index)]"
            let label =
                /[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*/
            guard entry.selector.wholeMatch(of: label) != nil else {
                throw Rejection("\(place).selector", "it is a name in the DNS, such as s2026")
            }
            let domain = (entry.domain ?? from).lowercased()
            guard domain.wholeMatch(of: label) != nil else {
                throw Rejection("\(place).domain", "it is a domain such as acme.example, international ones as xn--...")
            }
            let path = entry.key.hasPrefix("/") || folder == "." ? entry.key : "\(folder)/\(entry.key)"
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Rejection(
                    "\(place).key",
                    "\(path) cannot be read: 'dunlin dkim new' makes a key"
                )
            }
            do throws(Rejection) {
                let key = try DKIMKey(pem: String(decoding: data, as: UTF8.self))
                signers.append(DKIMSigner(key: key, domain: domain, selector: entry.selector))
            } catch {
                throw Rejection("\(place).key", "\(path): \(error.message)")
            }
        }
        return signers
    }

    /// The domain of `from`, in A-labels.
    public var domain: String { headers.from.address.asciiDomain }

    /// That of the return path.
    public var returnDomain: String { sender.split(separator: "@").last.map { $0.filter { $0 != ">" } } ?? domain }

    /// Those that sign here.
    public var signingDomains: [String] { signers.map(\.domain) }

    /// The records that must stand in the DNS so that its signatures are believed.
    public var dkimRecords: [(name: String, text: String)] {
        signers.map { ("\($0.selector)._domainkey.\($0.domain)", $0.key.record) }
    }

    private static func mailbox(_ text: String, _ place: String) throws(Rejection) -> Mailbox {
        do {
            return try Mailbox(parsing: text)
        } catch {
            throw Rejection(place, "\(error)")
        }
    }

    /// It stands in a style attribute, so nothing but a plain colour may pass.
    private static func color(_ text: String, _ place: String) throws(Rejection) -> String {
        let digits = text.dropFirst()
        guard text.hasPrefix("#"), digits.count == 3 || digits.count == 6, digits.allSatisfy(\.isHexDigit) else {
            throw Rejection(place, "'\(text)' is no colour: write it like #0a5c5c")
        }
        return text
    }

    static let sampleID = "example"

    /// The brands of a configuration; the sample brand where there is none.
    ///
    /// - Parameter folder: where relative paths start.
    public static func all(
        _ settings: [String: BrandSettings],
        folder: String = "."
    ) throws(Rejection) -> [String: Brand] {
        guard !settings.isEmpty else { return [sampleID: try Brand(id: sampleID, settings: .sample)] }
        var brands: [String: Brand] = [:]
        for (id, brand) in settings { brands[id] = try Brand(id: id, settings: brand, folder: folder) }
        return brands
    }
}
