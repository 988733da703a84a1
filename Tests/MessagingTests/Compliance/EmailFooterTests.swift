import Foundation
import Testing

@testable import Messaging

@Suite("What an email says at its end")
struct EmailFooterTests {
    private static func footer(
        link: String? = "https://x.example/u/t?a=1&b=2",
        language: Language = .english,
        isCommercial: Bool = false
    ) throws -> EmailFooter {
        EmailFooter(
            brand: try Brand(
                id: "acme",
                settings: BrandSettings(
                    name: "Acme & Söhne",
                    from: "Acme <billing@acme.example>",
                    postalAddress: "1 O'Hara Street"
                )
            ),
            language: language,
            link: link,
            isCommercial: isCommercial
        )
    }

    private static func text(_ footer: EmailFooter, _ text: String) -> String {
        var bytes = Array(text.utf8)
        footer.complete(text: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func html(_ footer: EmailFooter, _ html: String) -> String {
        var bytes = Array(html.utf8)
        footer.complete(html: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "of a collector tells whom it is from, in its language, in both parts, and once",
        arguments: Language.allCases
    )
    func collector(language: Language) throws {
        var footer = try Self.footer(language: language)
        footer.isOfCollector = true
        let words = language.fromCollector
        let text = Self.text(footer, "Hello")
        #expect(text.components(separatedBy: words).count == 2)
        #expect(Self.text(footer, text) == text, "it says it already")
        let html = Self.html(footer, "<p>Hello</p>")
        #expect(html.contains(words.replacing("'", with: "&#39;")))
        #expect(Self.html(footer, html) == html)
        footer.isOfCollector = false
        #expect(!Self.text(footer, "Hello").contains(words))
        var brand = BrandSettings.sample
        for (role, expected) in [
            (ComplianceSettings.SenderRole.firstPartyOwnName, false), (.thirdPartyCollector, true), (.debtBuyer, true),
        ] {
            brand.compliance = ComplianceSettings()
            brand.compliance?.senderRole = role
            #expect(try Brand(id: "acme", settings: brand).isOfCollector == expected)
        }
        brand.compliance?.rules = ["RF-13": false]
        #expect(try !Brand(id: "acme", settings: brand).isOfCollector)
    }

    @Test("is added where it is not there, and only what is missing")
    func text() throws {
        let footer = try Self.footer()
        let link = "https://x.example/u/t?a=1&b=2"
        #expect(
            Self.text(footer, "Hello.\n\n")
                == "Hello.\n\n-- \nAcme & Söhne\n1 O'Hara Street\nYou can stop these messages:\n\(link)\n"
        )
        #expect(
            Self.text(footer, "1 O'Hara Street") == "1 O'Hara Street\n\n-- \nYou can stop these messages:\n\(link)\n"
        )
        let whole = "Hello. \(link) 1 O'Hara Street"
        #expect(Self.text(footer, whole) == whole)
        #expect(Self.text(footer, Self.text(footer, "")) == Self.text(footer, ""))
    }

    @Test("speaks the message's language, and says that an advertisement is one")
    func languages() throws {
        let german = Self.text(try Self.footer(language: Language(locale: "de-AT"), isCommercial: true), "Hallo.")
        #expect(german.contains("-- \nWerbung\nAcme"))
        #expect(german.contains("Sie können diese Nachrichten abbestellen:\nhttps://"))
        let reply = Self.text(try Self.footer(link: nil), "Hello.")
        #expect(reply.hasSuffix("reply with the word \"stop\".\n"))
        let nonstop = Self.text(try Self.footer(link: nil), "We work NON-STOP.")
        #expect(nonstop.hasSuffix("reply with the word \"stop\".\n"), "a part of another word asks for nothing")
        let own = "Answer STOP. 1 O'Hara Street"
        #expect(Self.text(try Self.footer(link: nil), own) == own)
        #expect(Language(locale: "pt-BR") == .english)
        #expect(Language(locale: "FR_ca") == .french)
    }

    @Test(
        "stands inside the body of HTML, escaped",
        arguments: [
            ("<p>Hello</p>", "<p>Hello</p>", ""),
            ("<html><BODY><p>Hi</p></BODY></html>", "<html><BODY><p>Hi</p>", "</BODY></html>"),
            ("<html>Hi</html>", "<html>Hi", "</html>"),
            ("<p></body> is a tag</body >", "<p></body> is a tag", "</body >"),
        ]
    )
    func html(given: String, before: String, after: String) throws {
        let found = Self.html(try Self.footer(), given)
        #expect(found.hasPrefix(before + "<div "))
        #expect(found.hasSuffix("</div>\n" + after))
        #expect(
            found.contains("Acme &amp; Söhne<br>1 O&#39;Hara Street<br><a href=\"https://x.example/u/t?a=1&amp;b=2\">")
        )
        #expect(Self.html(try Self.footer(), found) == found)
    }

    @Test(
        "a subject that begins like a reply, or shows an amount that the text does not, is refused",
        arguments: [
            ("Re: your invoice", "", false), ("  FWD : x", "", false), ("Aw: Rechnung", "", false),
            ("RE[2]: x", "", false),
            ("Reminder: invoice 7", "", true), ("Regarding: x", "", true), ("Your invoice re: x", "", true),
            ("$12.50 is due", "Please pay $12.50.", true), ("$12.50 is due", "Please pay USD 12.50.", true),
            ("$12.50 is due", "Please pay $125.00.", false), ("You owe $1,200", "It is $1,200.00.", true),
            ("EUR 50 offen", "50.00 EUR", true), ("1.200,00 € offen", "1200 EUR", true), ("USD 50", "Nr. 51", false),
            ("$5.5 is due", "Please pay $5.50.", true), ("$5.5 is due", "Please pay $55.", false),
            ("€ 9 offen", "Bitte zahlen.", false),
            ("12 days late", "x", true),
        ]
    )
    func subjects(subject: String, text: String, passes: Bool) {
        let refusal: Rejection?
        do {
            try SubjectLint.check(Array(subject.utf8), text: Array(text.utf8), place: "content.subject")
            refusal = nil
        } catch {
            refusal = error
        }
        #expect((refusal == nil) == passes, "\(String(describing: refusal))")
    }
}
