import Foundation
public import JSON
import Templating

/// Makes the words of a message: finds its brand, template, tone and locale, renders, and builds the bytes that go out.
///
/// The same code runs when a message is accepted, so that what cannot be rendered is never stored, and when it is sent.
public struct Composer: Sendable {
    public let templates: TemplateLibrary
    public let brands: [String: Brand]
    let messageIDs: MessageIDs
    /// Where recipients say no; `nil` where the installation has no public address.
    private let links: OptOutLinks?
    /// Texts come from a number, and not from a name that nobody can answer.
    private let textsTakeReplies: Bool

    /// - Parameter secret: the installation's; it makes Message-IDs its own.
    public init(
        library: TemplateLibrary,
        brands: [String: Brand],
        secret: String,
        links: OptOutLinks? = nil,
        textsTakeReplies: Bool = true
    ) {
        self.textsTakeReplies = textsTakeReplies
        templates = library
        self.brands = brands
        self.links = links
        messageIDs = MessageIDs(secret: secret)
    }

    /// What a message is made of, before it is rendered.
    struct Plan: Sendable {
        enum Source: Sendable {
            case template(TemplateSet.Variant, JSONValue)
            case content(JSONValue)
        }

        let channel: Channel
        let brand: Brand
        let recipient: Recipient
        let category: String
        /// Empty for a message with its own content.
        let templateName: String
        /// The language of its words.
        let locale: String
        let source: Source
        let attachments: [EmailAttachment]
        let inline: [InlinePart]
    }

    /// A message's words, rendered.
    enum Words {
        case email(subject: [UInt8], text: [UInt8], html: [UInt8]?)
        /// By name, such as `sms.txt`.
        case parts([String: [UInt8]])
    }

    private static let noVariables: JSONValue? = try? JSONValue.parse("{}")

    // MARK: - Planning

    /// - Parameter language: the recipient's, for a message that names no locale.
    func plan(_ document: JSONValue, channel: Channel, language: String? = nil) throws(Rejection) -> Plan {
        guard let to = try word("to", document) else { throw Rejection("to", "the recipient's address is missing") }
        let brand = try brand(document["brand"])
        let recipient = try Recipient(to, channel: channel, region: brand.region)
        let hasContent = document["content"].map { !$0.isNull } ?? false
        let template = document["template"].flatMap { $0.isNull ? nil : $0 }
        let source: Plan.Source
        let category: String
        var name = ""
        var locale = try word("locale", document) ?? language ?? brand.locale
        if let template {
            guard !hasContent else { throw Rejection("content", "a message has a template or content, not both") }
            (name, category, source) = try words(template, document, brand, locale: locale)
            if case .template(let variant, _) = source { locale = variant.locale }
        } else {
            guard hasContent, let content = document["content"] else {
                throw Rejection("template", "a message needs a template, or content {subject, text, html}")
            }
            category = try self.category(document)
            source = .content(try checked(content, channel: channel))
        }
        let (attachments, inline) = try files(document["attachments"], channel: channel)
        return Plan(
            channel: channel,
            brand: brand,
            recipient: recipient,
            category: category,
            templateName: name,
            locale: locale,
            source: source,
            attachments: attachments,
            inline: inline
        )
    }

    /// The brand of a message; the only one there is need not be named.
    private func brand(_ value: JSONValue?) throws(Rejection) -> Brand {
        guard let value, !value.isNull else {
            guard brands.count == 1, let only = brands.first else {
                throw Rejection("brand", "it is missing; known: \(brands.keys.sorted().joined(separator: ", "))")
            }
            return only.value
        }
        guard let name = value.string else { throw Rejection("brand", "it must be a string") }
        guard let brand = brands[name] else {
            throw Rejection(
                "brand",
                "there is no brand '\(name)'; known: \(brands.keys.sorted().joined(separator: ", "))"
            )
        }
        return brand
    }

    private func words(
        _ template: JSONValue,
        _ document: JSONValue,
        _ brand: Brand,
        locale: String
    ) throws(Rejection) -> (String, String, Plan.Source) {
        guard let name = template.string else { throw Rejection("template", "it must be a string") }
        guard let set = templates.sets[name] else {
            throw Rejection(
                "template",
                "there is no template '\(name)'; known: \(templates.sets.keys.sorted().joined(separator: ", "))"
            )
        }
        let tone = try word("tone", document) ?? brand.tone
        guard let variant = set.variant(tone: tone, locale: locale, brandLocale: brand.locale) else {
            let known = set.variants.flatMap { tone, locales in locales.keys.map { "\(tone).\($0)" } }.sorted()
            throw Rejection(
                set.variants[tone] == nil ? "tone" : "locale",
                "template '\(name)' has no words for \(tone).\(locale); it has \(known.joined(separator: ", "))"
            )
        }
        if let fault = variant.faults.first { throw Rejection("template", "it is broken: \(fault)") }
        if let category = document["category"], !category.isNull, category.string != set.category {
            throw Rejection("category", "it is the template's: \(set.category). Leave it out")
        }
        guard let vars = document["vars"], !vars.isNull else {
            guard let none = Composer.noVariables else { throw Rejection("vars", "it is missing") }
            return (name, set.category, .template(variant, none))
        }
        guard vars.kind == .object else { throw Rejection("vars", "it must be an object") }
        for (key, _) in vars.members where TemplateLibrary.reserved.contains(key.string ?? "") {
            throw Rejection("vars.\(key.string ?? "")", "the name is reserved: the system gives it")
        }
        return (name, set.category, .template(variant, vars))
    }

    private func word(_ name: String, _ document: JSONValue) throws(Rejection) -> String? {
        guard let value = document[name], !value.isNull else { return nil }
        guard let text = value.string else { throw Rejection(name, "it must be a string") }
        return text
    }

    private func category(_ document: JSONValue) throws(Rejection) -> String {
        guard let text = try word("category", document) else { return "transactional" }
        guard text == "transactional" || text == "commercial" else {
            throw Rejection("category", "it is transactional or commercial, not '\(text)'")
        }
        return text
    }

    private func checked(_ content: JSONValue, channel: Channel) throws(Rejection) -> JSONValue {
        guard content.kind == .object else { throw Rejection("content", "it must be an object {subject, text, html}") }
        for (name, value) in content.members {
            let field = name.string ?? ""
            guard ["subject", "text", "html"].contains(field) else {
                throw Rejection("content.\(field)", "there is no such field; known: html, subject, text")
            }
            guard value.kind == .string else { throw Rejection("content.\(field)", "it must be a string") }
        }
        for field in channel == .email ? ["subject", "text"] : ["text"] where content[field] == nil {
            throw Rejection("content.\(field)", "it is missing")
        }
        return content
    }

    private func files(
        _ value: JSONValue?,
        channel: Channel
    ) throws(Rejection) -> ([EmailAttachment], [InlinePart]) {
        guard let value, !value.isNull else { return ([], []) }
        guard channel == .email else { throw Rejection("attachments", "only email carries files") }
        guard value.kind == .array else { throw Rejection("attachments", "it must be a list") }
        var attachments: [EmailAttachment] = []
        var inline: [InlinePart] = []
        for (index, file) in value.elements.enumerated() {
            let place = "attachments[\(index)]"
            guard file.kind == .object else {
                throw Rejection(place, "it must be an object {filename, content_type, base64}")
            }
            for (name, _) in file.members
            where !["filename", "content_type", "base64", "content_id"].contains(name.string ?? "") {
                throw Rejection(
                    "\(place).\(name.string ?? "")",
                    "there is no such field; known: base64, content_id, content_type, filename"
                )
            }
            guard let filename = file["filename"]?.string else { throw Rejection("\(place).filename", "it is missing") }
            guard let type = file["content_type"]?.string else {
                throw Rejection("\(place).content_type", "it is missing")
            }
            guard let text = file["base64"]?.string, let data = Data(base64Encoded: text) else {
                throw Rejection("\(place).base64", "it is missing, or not base64")
            }
            do throws(EmailMessageError) {
                if let id = file["content_id"]?.string {
                    inline.append(
                        try InlinePart(contentID: id, contentType: type, filename: filename, bytes: Array(data))
                    )
                } else {
                    attachments.append(try EmailAttachment(filename: filename, contentType: type, bytes: Array(data)))
                }
            } catch {
                throw Rejection(place, "\(error)")
            }
        }
        return (attachments, inline)
    }

    // MARK: - Rendering

    /// What a preview shows: it opens nothing.
    var sampleLink: String? {
        links?.deadURL
    }

    /// - Parameter link: where the recipient says no.
    static func context(
        vars: JSONValue,
        brand: Brand,
        recipient: Recipient,
        link: String? = nil
    ) -> TemplateContext {
        var system: [(name: String, value: SystemValue)] = [
            ("brand", .json(brand.variables)), ("recipient", .json(recipient.variables)),
        ]
        if let link { system.append(("opt_out_url", .text(link))) }
        return TemplateContext(vars: vars, system: system)
    }

    /// Where the recipient of a message says no.
    private func link(_ plan: Plan, id: Int64) -> String? {
        links?.url(
            OptOutLink(
                message: id,
                channel: plan.channel,
                addressKey: plan.recipient.key,
                brand: plan.brand.id,
                category: plan.category,
                locale: Language(locale: plan.locale).rawValue
            )
        )
    }

    /// The words with all that they must say; and for an email, where its recipient says no.
    ///
    /// - Parameter tellsStop: a text is to say how to stop.
    func render(_ plan: Plan, id: Int64, tellsStop: Bool = false) throws(Rejection) -> (words: Words, link: String?) {
        let link = link(plan, id: id)
        let words = try render(plan, link)
        if tellsStop, case .parts(var parts) = words, let text = parts["sms.txt"], !EmailFooter.asksForReply(text) {
            parts["sms.txt"] = Composer.trimmed(text) + Array(stopWords(plan, link).utf8)
            return (.parts(parts), link)
        }
        guard case .email(let subject, var text, var html) = words else { return (words, link) }
        let footer = plan.brand.settings.footer ?? .always
        guard footer == .always || footer == .commercial && plan.category == "commercial" else { return (words, nil) }
        let missing = EmailFooter(
            brand: plan.brand,
            language: Language(locale: plan.locale),
            link: link,
            isCommercial: plan.category == "commercial",
            isOfCollector: plan.brand.isOfCollector
        )
        missing.complete(text: &text)
        if html != nil { missing.complete(html: &html!) }
        return (.email(subject: subject, text: text, html: html), link)
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        Array(text[..<((text.lastIndex { $0 != 0x0a && $0 != 0x0d && $0 != 0x20 } ?? -1) + 1)])
    }

    /// How to stop texts: by a reply, or where the sender takes none by a link, else by what else reaches the brand.
    private func stopWords(_ plan: Plan, _ link: String?) -> String {
        let language = Language(locale: plan.locale)
        if textsTakeReplies { return "\n\(language.stopText)" }
        let brand = plan.brand
        let way = link ?? brand.settings.phone ?? brand.settings.website ?? brand.headers.from.address.description
        return "\n\(language.stopHere): \(way)"
    }

    private func render(_ plan: Plan, _ link: String?) throws(Rejection) -> Words {
        switch plan.source {
        case .content(let content):
            func bytes(_ field: String) -> [UInt8]? {
                guard let value = content[field] else { return nil }
                var bytes: [UInt8] = []
                value.appendText(to: &bytes)
                return bytes
            }
            let text = bytes("text") ?? []
            guard plan.channel != .email else {
                return .email(subject: bytes("subject") ?? [], text: text, html: bytes("html"))
            }
            var parts = ["\(plan.channel.rawValue).txt": text]
            parts["subject.txt"] = bytes("subject")
            parts["\(plan.channel.rawValue).html"] = bytes("html")
            return .parts(parts)
        case .template(let variant, let vars):
            let context = Composer.context(vars: vars, brand: plan.brand, recipient: plan.recipient, link: link)
            if plan.channel == .email {
                guard let subject = variant.parts["subject.txt"], let text = variant.parts["email.txt"] else {
                    throw missingPart("email.txt", plan, variant)
                }
                return .email(
                    subject: try bytes(subject, context, capacity: 128),
                    text: try bytes(text, context, capacity: 2048),
                    html: try variant.parts["email.html"].map { html throws(Rejection) in
                        try bytes(html, context, capacity: 4096)
                    }
                )
            }
            var parts: [String: [UInt8]] = [:]
            for (name, template) in variant.parts where name.hasPrefix(plan.channel.rawValue + ".") {
                parts[name] = try bytes(template, context, capacity: 1024)
            }
            guard !parts.isEmpty else { throw missingPart("\(plan.channel.rawValue).txt", plan, variant) }
            if plan.channel == .linkedin, let subject = variant.parts["subject.txt"] {
                parts["subject.txt"] = try bytes(subject, context, capacity: 128)
            }
            return .parts(parts)
        }
    }

    private func missingPart(_ part: String, _ plan: Plan, _ variant: TemplateSet.Variant) -> Rejection {
        Rejection("template", "'\(plan.templateName)' has no part \(part) in \(variant.tone).\(variant.locale)")
    }

    private func bytes(
        _ template: Template,
        _ context: TemplateContext,
        capacity: Int
    ) throws(Rejection) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(capacity)
        do {
            try template.render(context, into: &bytes)
        } catch {
            throw Rejection("vars", "\(error)")
        }
        return bytes
    }

    /// Throws what sending would trip over.
    func check(_ plan: Plan, _ rules: ChannelRules) throws(Rejection) {
        if plan.channel == .email, case .email(let subject, let text, _) = try render(plan, link(plan, id: 1)) {
            try SubjectLint.check(subject, text: text, place: plan.templateName.isEmpty ? "content.subject" : "vars")
        }
        // A text must have room for how to stop, which some say.
        let (words, link) = try render(plan, id: 1, tellsStop: true)
        switch words {
        case .email(let subject, let text, let html):
            _ = try email(plan, subject, text, html, link, id: 1, date: 0)
        case .parts(let parts):
            try rules.check(parts, plan.channel, place: plan.templateName.isEmpty ? "content" : "vars")
        }
    }

    func email(
        _ plan: Plan,
        _ subject: [UInt8],
        _ text: [UInt8],
        _ html: [UInt8]?,
        _ link: String?,
        id: Int64,
        date: Int64
    ) throws(Rejection) -> EmailMessage {
        guard let mailbox = plan.recipient.mailbox else { throw Rejection("to", "an email address is expected") }
        do {
            return try EmailMessage(
                headers: plan.brand.headers,
                to: mailbox,
                subject: subject,
                text: text,
                html: html,
                messageID: messageIDs.messageID(for: id, domain: plan.brand.headers.from.address.asciiDomain),
                date: date,
                unsubscribe: try link.map { url throws(EmailMessageError) in
                    try OneClickUnsubscribe(url: url, address: unsubscribeAddress(plan.brand, id: id))
                },
                inline: plan.inline,
                attachments: plan.attachments
            )
        } catch {
            throw Rejection(plan.templateName.isEmpty ? "content" : "vars", "\(error)")
        }
    }

    /// Where a mail opts out as well as the link: the return path of the message itself, where the brand takes mail in there.
    private func unsubscribeAddress(_ brand: Brand, id: Int64) -> EmailAddress? {
        guard brand.settings.verp == true else { return nil }
        return try? EmailAddress(parsing: messageIDs.returnPath(for: id, brand.sender))
    }
}
