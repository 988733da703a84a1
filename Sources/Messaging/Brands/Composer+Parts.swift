public import JSON
import Templating

extension Composer {
    /// The parts of a stored message, rendered as they would go out now.
    public func parts(of message: StoredMessage) throws(Rejection) -> [RenderedPart] {
        let document: JSONValue
        do {
            document = try JSONValue.parse(message.document)
        } catch {
            throw Rejection("", "\(error)")
        }
        if message.channel == .event {
            return [RenderedPart(name: "event.json", bytes: try Composer.event(document).body)]
        }
        switch try rendered(document, message.channel, id: message.id, language: message.language).1 {
        case .email(let subject, let text, let html):
            return [RenderedPart(name: "subject.txt", bytes: subject), RenderedPart(name: "email.txt", bytes: text)]
                + (html.map { [RenderedPart(name: "email.html", bytes: $0)] } ?? [])
        case .parts(let parts):
            return parts.sorted { $0.key > $1.key }.map { RenderedPart(name: $0.key, bytes: $0.value) }
        }
    }

    /// Every part of a template in one tone and locale, rendered with its sample.
    public func preview(
        template name: String,
        tone: String?,
        locale: String?,
        brand id: String?,
        vars: JSONValue? = nil
    ) throws(Rejection) -> [RenderedPart] {
        guard let set = templates.sets[name] else {
            throw Rejection(
                "template",
                "there is no template '\(name)'; known: \(templates.sets.keys.sorted().joined(separator: ", "))"
            )
        }
        guard let brand = id.map({ brands[$0] }) ?? brands.sorted(by: { $0.key < $1.key }).first?.value else {
            throw Rejection("brand", "there is no such brand; known: \(brands.keys.sorted().joined(separator: ", "))")
        }
        guard
            let variant = set.variant(
                tone: tone ?? brand.tone,
                locale: locale ?? brand.locale,
                brandLocale: brand.locale
            )
        else {
            let known = set.variants.flatMap { tone, locales in locales.keys.map { "\(tone).\($0)" } }.sorted()
            throw Rejection("tone", "template '\(name)' has \(known.joined(separator: ", "))")
        }
        let context = Composer.context(vars: vars ?? set.sample, brand: brand, recipient: .sample, link: sampleLink)
        if let fault = variant.faults.first { throw Rejection("template", "it is broken: \(fault)") }
        var parts: [RenderedPart] = []
        for (part, template) in variant.parts.sorted(by: { $0.key > $1.key }) {
            do {
                parts.append(RenderedPart(name: part, bytes: try template.render(context)))
            } catch {
                throw Rejection("template", "\(error)")
            }
        }
        return parts
    }

    /// Everything that is wrong with the text of a part, judged by sample variables; empty where all is well.
    public func problems(part: String, text: [UInt8], sample: JSONValue?) throws(Rejection) -> [String] {
        guard TemplateLibrary.parts.contains(part) else {
            throw Rejection(
                "part",
                "there is no part '\(part)'; known: \(TemplateLibrary.parts.sorted().joined(separator: ", "))"
            )
        }
        guard let brand = brands.min(by: { $0.key < $1.key })?.value else { return [] }
        do {
            let template = try templates.compile(text, file: part, part: part, optional: [])
            guard let sample else { return [] }
            return template.check(against: Composer.context(vars: sample, brand: brand, recipient: .sample))
                .map(\.description)
        } catch {
            return error.errors.map(\.description)
        }
    }
}
