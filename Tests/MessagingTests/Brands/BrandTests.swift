import Testing

@testable import Messaging

@Suite("Brands")
struct BrandTests {
    private static func acme(_ change: (inout BrandSettings) -> Void) -> BrandSettings {
        var settings = BrandSettings(name: "Acme", from: "Acme <a@acme.example>", postalAddress: "1 Main Street")
        change(&settings)
        return settings
    }

    @Test("a brand that says little is neutral and English, and bounces come to its own address")
    func defaults() throws {
        let brand = try Brand(id: "acme", settings: Self.acme { _ in })
        #expect(brand.tone == "neutral")
        #expect(brand.locale == "en")
        #expect(brand.sender == "a@acme.example")
    }

    @Test("bounces come to the return path, in the form that the wire needs")
    func returnPath() throws {
        #expect(
            try Brand(id: "acme", settings: Self.acme { $0.returnPath = "b@bücher.example" }).sender
                == "b@xn--bcher-kva.example"
        )
    }

    @Test("an installation without brands has a sample one")
    func sample() throws {
        #expect(try Brand.all([:]).keys.sorted() == ["example"])
        #expect(try Brand.all(["acme": Self.acme { _ in }]).keys.sorted() == ["acme"])
    }

    @Test(
        "what is wrong with a brand is told with its key",
        arguments: [
            (acme { $0.name = "" }, "brands.acme.name: it is empty"),
            (acme { $0.name = "Acme\r\nBcc: eve@example.com" }, "brands.acme.name: it must be one line"),
            (
                acme { $0.postalAddress = "1 Main Street\nSpringfield" },
                "brands.acme.postal_address: it must be one line: separate its parts by commas"
            ),
            (acme { $0.from = "" }, "brands.acme.from: The address is empty: write it like ada@example.com."),
            (
                acme { $0.from = "Acme\r\nBcc: eve <a@acme.example>" },
                "brands.acme.from: The address contains the control character U+000D: remove it."
            ),
            (
                acme { $0.replyTo = "acme" },
                "brands.acme.reply_to: The address has no \"@\": write it like ada@example.com."
            ),
            (
                acme { $0.returnPath = "a@acme.example, b@acme.example" },
                "brands.acme.return_path: There is more than one address: give each its own message."
            ),
            (acme { $0.color = "red" }, "brands.acme.color: 'red' is no colour: write it like #0a5c5c"),
            (
                acme { $0.color = "#fff;background:url(//x)" },
                "brands.acme.color: '#fff;background:url(//x)' is no colour: write it like #0a5c5c"
            ),
            (
                acme { $0.headers = ["Subject": "x"] },
                "brands.acme.headers: The header \"Subject\" is written by the dispatcher or by mail servers: "
                    + "remove it from the custom headers."
            ),
            (
                acme { $0.headers = ["X A": "x"] },
                "brands.acme.headers: \"X A\" is not a header name: "
                    + "use letters, digits and hyphens, at most 64, like X-Campaign."
            ),
            (
                acme { $0.headers = ["X-A": "x", "x-a": "y"] },
                "brands.acme.headers: The header \"x-a\" is given twice: remove one of them."
            ),
        ]
    )
    func refuse(settings: BrandSettings, expected: String) {
        let error = #expect(throws: Rejection.self) { try Brand(id: "acme", settings: settings) }
        #expect(error?.description == expected)
    }

    @Test("a custom header cannot bring another one with it")
    func injection() {
        let settings = Self.acme { $0.headers = ["X-A": "x\r\nBcc: eve@example.com"] }
        let error = #expect(throws: Rejection.self) { try Brand(id: "acme", settings: settings) }
        #expect(
            error?.description
                == "brands.acme.headers: The header \"X-A\" contains U+000D, a line break or control character: remove it."
        )
    }
}
