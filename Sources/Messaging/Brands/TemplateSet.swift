public import JSON
public import Templating

/// A template with its words in every tone and language, as its folder holds them.
public struct TemplateSet: Sendable {
    public let name: String
    public let category: String
    public let description: String
    /// Sample variables: they show what a message may give, and are what previews are made of.
    public let sample: JSONValue
    /// By tone, then by locale.
    public internal(set) var variants: [String: [String: Variant]] = [:]

    /// The words in one tone and language.
    public struct Variant: Sendable {
        public let tone: String
        public let locale: String
        /// By name, such as `subject.txt` or `email.html`.
        public internal(set) var parts: [String: Template] = [:]
        /// What is wrong with it; a variant with a fault is not used.
        public internal(set) var faults: [String] = []
    }

    /// The words for a tone and locale: `de-AT` falls back to `de`, and that to the brand's own locale.
    func variant(tone: String, locale: String, brandLocale: String) -> Variant? {
        guard let locales = variants[tone] else { return nil }
        return locales[locale] ?? locales[TemplateSet.language(locale)] ?? locales[brandLocale]
            ?? locales[TemplateSet.language(brandLocale)]
    }

    private static func language(_ locale: String) -> String {
        guard let end = locale.utf8.firstIndex(where: { $0 == 0x2d || $0 == 0x5f }) else { return locale }
        return String(locale[..<end])
    }
}
