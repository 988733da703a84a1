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
