import Foundation
import JSON
import Templating
import Testing

@testable import Messaging

@Suite("The templates that ship")
struct ShippedTemplateTests {
    private struct Rendered {
        let place: String
        let part: String
        let text: String
    }

    /// Every part in every tone, for every brand, with several invoices and with one.
    private func renderings(
        _ name: String,
        _ change: (JSONValue) throws -> JSONValue = { $0 }
    ) throws -> [Rendered] {
        let set = try #require(ShippedTemplates.templates.sets[name])
        var all: [Rendered] = []
        for (kind, sample) in try ShippedTemplates.samples(set) {
            for brand in ShippedTemplates.brands {
                let context = Composer.context(vars: try change(sample), brand: brand, recipient: .sample)
                for variant in set.variants.values.flatMap(\.values) {
                    for (part, template) in variant.parts {
                        let text = String(decoding: try template.render(context), as: UTF8.self)
                        let place = "\(name)/\(variant.tone).\(variant.locale).\(part), \(kind), \(brand.id)"
                        all.append(Rendered(place: place, part: part, text: text))
                    }
                }
            }
        }
        return all
    }

    @Test("they load, and a strict rendering trips over nothing in any branch")
    func problems() {
        #expect(ShippedTemplates.templates.problems == [])
        for brand in ShippedTemplates.brands { #expect(ShippedTemplates.templates.check(brand: brand) == []) }
    }

    @Test("there is one for each step of an invoice's life")
    func names() {
        #expect(ShippedTemplates.templates.sets.keys.sorted() == ShippedTemplates.names)
    }

    @Test("each has a category, a description and every part in every tone", arguments: ShippedTemplates.names)
    func complete(name: String) throws {
        let set = try #require(ShippedTemplates.templates.sets[name])
        #expect(set.category == "transactional")
        #expect(set.description.hasSuffix("."))
        #expect(set.variants.keys.sorted() == ShippedTemplates.tones)
        for tone in ShippedTemplates.tones {
            #expect(set.variants[tone]?["en"]?.parts.keys.sorted() == ShippedTemplates.parts)
        }
    }

    @Test("the tones are different voices", arguments: ShippedTemplates.names)
    func voices(name: String) throws {
        let set = try #require(ShippedTemplates.templates.sets[name])
        let context = Composer.context(vars: set.sample, brand: ShippedTemplates.brands[0], recipient: .sample)
        for part in ShippedTemplates.parts {
            let words = try ShippedTemplates.tones.map { try set.variants[$0]?["en"]?.parts[part]?.render(context) }
            #expect(Set(words).count == 3, "\(name) \(part)")
        }
    }

    @Test("every optional variable may be absent, alone or with all others", arguments: ShippedTemplates.names)
    func optional(name: String) throws {
        let optional = try ShippedTemplates.optional(name)
        #expect(optional.count > 3)
        for path in optional {
            #expect(throws: Never.self, "without \(path)") { try renderings(name) { try $0.without(path) } }
        }
        _ = try renderings(name) { try $0.changed { optional.contains($0) ? .drop : .keep($1) } }
    }

    @Test("every variable that is not optional is needed", arguments: ShippedTemplates.names)
    func required(name: String) throws {
        let optional = Set(try ShippedTemplates.optional(name))
        let set = try #require(ShippedTemplates.templates.sets[name])
        var paths: Set<String> = []
        _ = try set.sample.changed { path, value in
            paths.insert(path)
            return .keep(value)
        }
        #expect(optional.isSubset(of: paths.union(["customer.first_name"])))
        for path in paths.subtracting(optional) {
            let parents = optional.filter { path.hasPrefix($0 + ".") }
            let isUsed = (try? renderings(name) { try $0.without(path) }) == nil
            #expect(isUsed || !parents.isEmpty, "\(name) renders without \(path): is it optional?")
        }
    }

    @Test("a subject is one line of at most 60 characters", arguments: ShippedTemplates.names)
    func subjects(name: String) throws {
        for rendered in try renderings(name) where rendered.part == "subject.txt" {
            #expect((10...60).contains(rendered.text.count), "\(rendered.place): \(rendered.text)")
            #expect(!rendered.text.contains { $0.isNewline }, "\(rendered.place)")
            #expect(rendered.text == rendered.text.trimmingCharacters(in: .whitespaces), "\(rendered.place)")
        }
    }

    @Test("a text message has at most two segments of GSM-7", arguments: ShippedTemplates.names)
    func textMessages(name: String) throws {
        for rendered in try renderings(name) where rendered.part == "sms.txt" {
            let size = TextSegments(rendered.text)
            try #require(size.alphabet == .gsm7, "\(rendered.place): \(rendered.text)")
            let segments = size.count
            #expect(segments <= 2, "\(rendered.place): \(rendered.text)")
            #expect(rendered.text.hasPrefix("Example Ltd: "), "\(rendered.place)")
            #expect(rendered.text.hasSuffix("Reply STOP to opt out"), "\(rendered.place)")
            #expect(!rendered.text.contains("  "), "\(rendered.place): \(rendered.text)")
        }
    }

    @Test(
        "a plain text fits 78 columns, has no gaps, and ends with who writes and how to stop it",
        arguments: ShippedTemplates.names
    )
    func plainTexts(name: String) throws {
        for rendered in try renderings(name) where rendered.part == "email.txt" {
            for line in rendered.text.split(separator: "\n") where !line.contains("://") {
                #expect(line.count <= 78, "\(rendered.place): \(line)")
            }
            #expect(!rendered.text.contains("\n\n\n"), "\(rendered.place):\n\(rendered.text)")
            #expect(!rendered.text.contains(" \n"), "\(rendered.place)")
            #expect(!rendered.text.contains("{{"), "\(rendered.place)")
            #expect(
                rendered.text.contains("\nExample Ltd\n1 Main Street, Springfield, IL 62701, USA\n"),
                "\(rendered.place)"
            )
            #expect(
                rendered.text.contains("To stop these messages, reply with the word \"stop\"."),
                "\(rendered.place)"
            )
        }
    }

    @Test("HTML loads nothing from elsewhere, fits a phone, and knows dark mode", arguments: ShippedTemplates.names)
    func html(name: String) throws {
        for rendered in try renderings(name) where rendered.part == "email.html" {
            let text = rendered.text
            #expect(text.lowercased().hasPrefix("<!doctype html>"), "\(rendered.place)")
            #expect(text.contains("<html lang=\"en\""), "\(rendered.place)")
            #expect(text.contains("name=\"viewport\""), "\(rendered.place)")
            #expect(
                text.contains("prefers-color-scheme: dark") || text.contains("prefers-color-scheme:dark"),
                "\(rendered.place)"
            )
            for remote in ["<img", "<script", "<link", "@import", "url(", "src="] {
                #expect(!text.contains(remote), "\(rendered.place): \(remote)")
            }
            #expect(text.contains("1 Main Street, Springfield, IL 62701, USA"), "\(rendered.place)")
            #expect(!text.contains("{{"), "\(rendered.place)")
            #expect(text.utf8.split(separator: 0x0a).allSatisfy { $0.count <= 998 }, "\(rendered.place)")
            #expect(text.hasSuffix("</html>\n"), "\(rendered.place)")
            for tag in ["table", "tr", "td", "th", "p", "div", "a", "body", "html", "style", "head"] {
                let opened = text.matches(of: try Regex("<\(tag)[ >]")).count
                #expect(opened == text.matches(of: try Regex("</\(tag)>")).count, "\(rendered.place): <\(tag)>")
            }
        }
    }

    @Test("what a message gives is escaped in HTML and nowhere else", arguments: ShippedTemplates.names)
    func escaping(name: String) throws {
        let name = name
        let hostile = try JSONValue.parse("\"<b>&\\\"'\"")
        let changed = try renderings(name) {
            try $0.changed {
                $0 == "customer.name" ? .keep(hostile) : $0 == "customer.first_name" ? .keep(hostile) : .keep($1)
            }
        }
        for rendered in changed {
            switch rendered.part {
            case "email.html":
                #expect(rendered.text.contains("&lt;b&gt;&amp;&quot;"), "\(rendered.place)")
                #expect(!rendered.text.contains("<b>"), "\(rendered.place)")
            case "email.txt":
                #expect(rendered.text.contains("<b>&\"'"), "\(rendered.place)")
            default:
                break
            }
        }
    }

    @Test("several invoices are all listed with their total, one is not", arguments: ShippedTemplates.names)
    func lists(name: String) throws {
        guard name != "payment-thanks" else { return }
        for rendered in try renderings(name) where rendered.part.hasPrefix("email") {
            let isSeveral = rendered.place.contains("several invoices")
            #expect(rendered.text.contains("INV-1001"), "\(rendered.place)")
            #expect(rendered.text.contains("INV-1002") == isSeveral, "\(rendered.place)")
            #expect(rendered.text.contains("$1,750.00") == isSeveral, "\(rendered.place)")
        }
    }
}
