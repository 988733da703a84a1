import Testing

@testable import Messaging

@Suite("Which words a message gets")
struct TemplateFallbackTests {
    /// A set with words in the named tones and locales.
    private func set(_ variants: [String]) -> TemplateSet {
        var set =
            ShippedTemplates.templates.sets["invoice-issued"]
            ?? .init(name: "", category: "", description: "", sample: ShippedTemplates.brands[0].variables)
        set.variants = [:]
        for variant in variants {
            let words = variant.split(separator: ".").map(String.init)
            set.variants[words[0], default: [:]][words[1]] = .init(tone: words[0], locale: words[1])
        }
        return set
    }

    @Test(
        "the locale falls back to its language, then to the brand's, then to the brand's language",
        arguments: [
            ("de-AT", "en", ["a.de-AT", "a.de", "a.en"], "a.de-AT"),
            ("de-AT", "en", ["a.de", "a.en"], "a.de"),
            ("de_AT", "en", ["a.de", "a.en"], "a.de"),
            ("de-AT", "en", ["a.en"], "a.en"),
            ("de-AT", "en-GB", ["a.en-GB", "a.en"], "a.en-GB"),
            ("de-AT", "en-GB", ["a.en"], "a.en"),
            ("de", "en", ["a.de-AT"], nil),
            ("de", "en", ["a.fr"], nil),
            ("", "en", ["a.en"], "a.en"),
            ("en", "en", ["a.en", "b.en"], "a.en"),
            ("en", "en", ["b.en"], nil),
        ] as [(String, String, [String], String?)]
    )
    func locale(locale: String, brandLocale: String, variants: [String], expected: String?) {
        let found = set(variants).variant(tone: "a", locale: locale, brandLocale: brandLocale)
        #expect(found.map { "\($0.tone).\($0.locale)" } == expected)
    }

    private static let words = [
        "hello/template.yaml": "sample: {}",
        "hello/friendly.en.subject.txt": "friendly en", "hello/friendly.en.email.txt": "x",
        "hello/formal.en.subject.txt": "formal en", "hello/formal.en.email.txt": "x",
        "hello/formal.de.subject.txt": "formal de", "hello/formal.de.email.txt": "x",
    ]

    @Test(
        "the tone and locale are the message's, else the brand's",
        arguments: [
            ("acme", nil, nil, "friendly en"),
            ("acme", "formal", nil, "formal en"),
            ("acme", "formal", "de-CH", "formal de"),
            ("acme", nil, "de", "friendly en"),
            ("zenith", nil, nil, "formal de"),
            ("zenith", nil, "en-GB", "formal en"),
            ("zenith", nil, "fr", "formal de"),
        ] as [(String, String?, String?, String)]
    )
    func brand(brand: String, tone: String?, locale: String?, expected: String) throws {
        let composer = try TemplateFolder(Self.words).composer()
        let parts = try composer.preview(template: "hello", tone: tone, locale: locale, brand: brand)
        #expect(parts.first { $0.name == "subject.txt" }?.text == expected)
    }

    @Test("a tone is never replaced by another")
    func tone() throws {
        let composer = try TemplateFolder(Self.words).composer()
        #expect(throws: Rejection("tone", "template 'hello' has formal.de, formal.en, friendly.en")) {
            try composer.preview(template: "hello", tone: "firm", locale: nil, brand: "acme")
        }
    }
}
