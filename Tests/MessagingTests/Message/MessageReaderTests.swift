import Testing

@testable import Messaging

@Suite("Messages that are accepted")
struct MessageReaderTests {
    private func read(_ json: String) throws -> NewMessage {
        try MessageReader(
            composer: MessageReaderRefusalTests.templates.composer(),
            channels: [.email: ChannelRules(), .sms: ChannelRules()]
        )
        .read(Array(json.utf8))
    }

    @Test("every field finds its place")
    func full() throws {
        let json = """
            {"key": "INV-1001/first", "channel": "email", "to": "Ada Lovelace <Ada@Bücher.Example>", "brand": "acme",
             "template": "hello", "tone": "friendly", "locale": "en-GB", "vars": {"customer": {"name": "Ada"}},
             "category": "transactional", "priority": 0, "due": "2026-11-30T10:00:00+01:00",
             "expires": "2026-12-07T00:00:00Z", "time_zone": "America/New_York", "customer": "C-42",
             "conversation": "c-1", "metadata": {"source": "billing"},
             "attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "base64": "QQ=="}]}
            """
        let message = try read(json)
        #expect(message.key == "INV-1001/first")
        #expect(message.channel == .email)
        #expect(message.priority == 0)
        #expect(message.due == Timestamp.parse("2026-11-30T09:00:00Z"))
        #expect(message.expires == Timestamp.parse("2026-12-07T00:00:00Z"))
        #expect(message.addressKey == "ada@xn--bcher-kva.example")
        #expect(message.domain == "xn--bcher-kva.example")
        #expect(message.brand == "acme")
        #expect(message.category == "transactional")
        #expect(message.template == "hello")
        #expect(message.customer == "C-42")
        #expect(message.document == Array(json.utf8))
    }

    @Test(
        "what is left out, or null, is the default",
        arguments: [
            #"{"channel":"email","to":"ada@example.com","brand":"acme","content":{"subject":"Hi","text":"x"}}"#,
            """
            {"channel":"email","to":"ada@example.com","brand":"acme","content":{"subject":"Hi","text":"x"},"key":null,
            "template":null,"tone":null,"locale":null,"vars":null,"category":null,"priority":null,"due":null,
            "expires":null,"time_zone":null,"customer":null,"conversation":null,"metadata":null,"attachments":null}
            """,
        ]
    )
    func defaults(json: String) throws {
        let message = try read(json)
        #expect(message.key == nil)
        #expect(message.priority == 5)
        #expect(message.due == nil)
        #expect(message.expires == nil)
        #expect(message.category == "transactional")
        #expect(message.template == "")
        #expect(message.customer == nil)
    }

    @Test("the category is the template's, or the one that content is given")
    func category() throws {
        let news = #"{"channel":"email","to":"ada@example.com","brand":"acme","template":"news"}"#
        #expect(try read(news).category == "commercial")
        let content = """
            {"channel":"email","to":"ada@example.com","brand":"acme","category":"commercial",
            "content":{"subject":"Hi","text":"x"}}
            """
        #expect(try read(content).category == "commercial")
    }

    @Test("the only brand need not be named")
    func onlyBrand() throws {
        let composer = Composer(
            library: MessageReaderRefusalTests.templates.templates,
            brands: try Brand.all([:]),
            secret: "s"
        )
        let json = #"{"channel":"email","to":"ada@example.com","content":{"subject":"Hi","text":"x"}}"#
        #expect(
            try MessageReader(composer: composer, channels: [.email: ChannelRules()]).read(Array(json.utf8)).brand
                == "example"
        )
    }

    @Test("a text message needs a number and its part, or content with a text")
    func sms() throws {
        let template = """
            {"channel":"sms","to":"+1 (202) 555-0123","brand":"acme","template":"hello",
            "vars":{"customer":{"name":"Ada"}}}
            """
        let message = try read(template)
        #expect(message.addressKey == "+12025550123")
        #expect(message.domain == "")
        #expect(
            try read(#"{"channel":"sms","to":"+12025550123","brand":"acme","content":{"text":"Hi"}}"#).template == ""
        )
    }

    @Test("a line break inside a text is no header injection")
    func lineBreaks() throws {
        let json = """
            {"channel":"email","to":"ada@example.com","brand":"acme",
            "content":{"subject":"Hi","text":"one\\r\\nBcc: eve@example.com\\r\\n\\r\\ntwo","html":"<p>\\n</p>"}}
            """
        _ = try read(json)
    }
}
