import Foundation
import Testing

@testable import Messaging

@Suite("Messages that are refused, with the place and the remedy")
struct MessageReaderRefusalTests {
    /// `hello` needs `customer.name`, may have `total`; its `friendly` words speak to email and sms, its `formal` ones to
    /// email in German only. `news` is commercial. `broken` does not compile.
    static let templates: TemplateFolder = {
        do {
            return try TemplateFolder([
                "hello/template.yaml": "optional: [total]\nsample: {customer: {name: Ada}, total: $1}",
                "hello/friendly.en.subject.txt": "Hello {{customer.name}}\n",
                "hello/friendly.en.email.txt": "Hi {{customer.name}},\n{{#total}}\n{{total}}\n{{/total}}\n",
                "hello/friendly.en.sms.txt": "Hi {{customer.name}}\n",
                "hello/formal.de.subject.txt": "Guten Tag\n",
                "hello/formal.de.email.txt": "Sehr geehrte {{customer.name}}\n",
                "news/template.yaml": "category: commercial",
                "news/friendly.en.subject.txt": "News",
                "news/friendly.en.email.txt": "None.\n",
                "broken/template.yaml": "sample: {}",
                "broken/friendly.en.subject.txt": "{{#a}}",
                "broken/friendly.en.email.txt": "x",
            ])
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    private func refusal(_ bytes: [UInt8]) throws -> String? {
        do {
            _ = try MessageReader(
                composer: Self.templates.composer(),
                channels: [.email: ChannelRules(), .sms: ChannelRules()]
            ).read(bytes)
            return nil
        } catch let rejection as Rejection {
            return rejection.description
        }
    }

    /// A good message with more members, or with its own ones replaced.
    private static func message(_ more: String, without left: Set<String> = []) -> String {
        let members = [
            ("channel", #""channel":"email""#), ("to", #""to":"ada@example.com""#), ("brand", #""brand":"acme""#),
            ("content", #""content":{"subject":"Hi","text":"x"}"#),
        ]
        let kept = members.filter { !left.contains($0.0) && !more.contains("\"\($0.0)\":") }.map(\.1)
        return "{" + (kept + (more.isEmpty ? [] : [more])).joined(separator: ",") + "}"
    }

    @Test("the message that the cases are made from is good")
    func good() throws {
        #expect(try refusal(Array(Self.message("").utf8)) == nil)
    }

    @Test(
        "no JSON object",
        arguments: [
            ("", "no valid JSON: line 1, column 1: a value was expected, but the text ends here"),
            (
                "{",
                "no valid JSON: line 1, column 2: a name in double quotes or a '}' was expected, but the text ends here"
            ),
            (
                "{\"to\": \"a\nb\"}",
                "no valid JSON: line 1, column 10: the control character U+000A must be escaped in a string"
            ),
            ("{} {}", "no valid JSON: line 1, column 4: the end was expected after the value, but '{' stands here"),
            (#"{"to":1,"to":2}"#, #"no valid JSON: line 1, column 9: the name "to" stands twice in this object"#),
            (
                #"{'to':1}"#,
                "no valid JSON: line 1, column 2: a name in double quotes or a '}' was expected, but ''' stands here"
            ),
            (#"{"to": "\ud800"}"#, #"no valid JSON: line 1, column 9: the surrogate '\ud800' lacks its other half"#),
            (
                String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
                "no valid JSON: line 1, column 65: arrays and objects are nested deeper than 64 levels"
            ),
            ("[]", #"a message is a JSON object: {"channel": ..., "to": ...}"#),
            ("null", #"a message is a JSON object: {"channel": ..., "to": ...}"#),
            (#""text""#, #"a message is a JSON object: {"channel": ..., "to": ...}"#),
        ]
    )
    func noObject(json: String, expected: String) throws {
        #expect(try refusal(Array(json.utf8)) == expected)
    }

    @Test("bytes that are no UTF-8")
    func notUTF8() throws {
        let json = Array(#"{"to":""#.utf8) + [0xff] + Array("\"}".utf8)
        #expect(try refusal(json) == "no valid JSON: line 1, column 8: the byte 0xFF is not valid UTF-8 here")
    }

    @Test("more than 20 MiB")
    func tooLarge() throws {
        let json = [UInt8](repeating: 0x20, count: (20 << 20) + 1)
        #expect(try refusal(json) == "the message has 20971521 bytes, more than 20 MiB")
    }

    private static let fieldCases = [
        (
            message(#""reciever":"x""#),
            "reciever: there is no such field; known: attachments, brand, category, channel, channels, content, conversation, "
                + "customer, due, expires, key, locale, metadata, policy, priority, template, time_zone, to, tone, vars, within"
        ),
        (
            message(#""":"x""#),
            "there is no such field; known: attachments, brand, category, channel, channels, content, conversation, "
                + "customer, due, expires, key, locale, metadata, policy, priority, template, time_zone, to, tone, vars, within"
        ),
        (message("", without: ["channel"]), "channel: it is missing"),
        (message(#""channel":null"#), "channel: it is missing"),
        (message(#""channel":5"#), "channel: it must be a string"),
        (
            message(#""channel":"fax""#),
            "channel: 'fax' is no channel; known: email, sms, linkedin, webhook, call, letter"
        ),
        (
            message(#""channel":"Email""#),
            "channel: 'Email' is no channel; known: email, sms, linkedin, webhook, call, letter"
        ),
        (message(#""channel":"letter""#), "channel: letter has no transport: configure channels.letter.transports"),
        (message(#""channel":"\#(String(repeating: "e", count: 21))""#), "channel: it has more than 20 bytes"),
        (message(#""priority":10"#), "priority: it must be a whole number from 0 (most urgent) to 9"),
        (message(#""priority":-1"#), "priority: it must be a whole number from 0 (most urgent) to 9"),
        (message(#""priority":5.0"#), "priority: it must be a whole number from 0 (most urgent) to 9"),
        (message(#""priority":1e99999"#), "priority: it must be a whole number from 0 (most urgent) to 9"),
        (message(#""priority":"5""#), "priority: it must be a whole number from 0 (most urgent) to 9"),
        (message(#""due":"tomorrow""#), "due: it is no time: write it like 2026-11-30T09:00:00Z"),
        (message(#""due":1800000000"#), "due: it is no time: write it like 2026-11-30T09:00:00Z"),
        (message(#""due":"2026-11-30T09:00:00""#), "due: it is no time: write it like 2026-11-30T09:00:00Z"),
        (message(#""expires":"2026-02-30T00:00:00Z""#), "expires: it is no time: write it like 2026-11-30T09:00:00Z"),
        (
            message(#""due":"2026-11-30T09:00:00Z","expires":"2026-11-30T10:00:00+01:00""#),
            "expires: it lies before 'due': the message could never be sent"
        ),
        (
            message(#""time_zone":"Springfield""#),
            "time_zone: 'Springfield' is no time zone: write a name such as America/New_York"
        ),
        (message(#""time_zone":"""#), "time_zone: '' is no time zone: write a name such as America/New_York"),
        (
            message(#""time_zone":"../../../etc/passwd""#),
            "time_zone: '../../../etc/passwd' is no time zone: write a name such as America/New_York"
        ),
        (message(#""time_zone":1"#), "time_zone: it must be a string"),
        (message(#""metadata":[]"#), "metadata: it must be an object"),
        (message(#""metadata":"a""#), "metadata: it must be an object"),
        (message(#""key":"""#), "key: it is empty: leave it out, or give the message a name of its own"),
        (message(#""key":7"#), "key: it must be a string"),
        (message(#""key":"\#(String(repeating: "k", count: 201))""#), "key: it has more than 200 bytes"),
        (message(#""key":"a\u0000b""#), "key: it holds a control character: remove it"),
        (message(#""customer":"a\nb""#), "customer: it holds a control character: remove it"),
        (message(#""customer":"\#(String(repeating: "é", count: 101))""#), "customer: it has more than 200 bytes"),
        (message(#""customer":{}"#), "customer: it must be a string"),
        (message(#""conversation":1"#), "conversation: it must be a string"),
    ]

    @Test("fields", arguments: fieldCases)
    func fields(json: String, expected: String) throws {
        #expect(try refusal(Array(json.utf8)) == expected)
    }

    private static let recipientCases = [
        (message("", without: ["to"]), "to: the recipient's address is missing"),
        (message(#""to":null"#), "to: the recipient's address is missing"),
        (message(#""to":["ada@example.com"]"#), "to: it must be a string"),
        (message(#""to":"""#), "to: The address is empty: write it like ada@example.com."),
        (message(#""to":"ada""#), "to: The address has no \"@\": write it like ada@example.com."),
        (
            message(#""to":"ada@example.com, bob@example.com""#),
            "to: There is more than one address: give each its own message."
        ),
        (
            message(#""to":"ada@example.com\r\nBcc: eve@example.com""#),
            "to: The address contains the control character U+000D: remove it."
        ),
        (
            message(#""to":"Ada\nBcc: eve <ada@example.com>""#),
            "to: The address contains the control character U+000A: remove it."
        ),
        (
            message(#""to":"\"Ada\r\nX: y\" <ada@example.com>""#),
            "to: The address contains the control character U+000D: remove it."
        ),
        (
            message(#""to":"ada@exam\u0000ple.com""#),
            "to: The address contains the control character U+0000: remove it."
        ),
        (
            message(#""to":"\#(String(repeating: "a", count: 65))@example.com""#),
            "to: The part before the \"@\" has 65 bytes, and 64 are allowed: correct the address."
        ),
        (
            message(#""to":"\#(String(repeating: "A", count: 257)) <ada@example.com>""#),
            "to: The name has 257 bytes: shorten it to 256."
        ),
        (message(#""channel":"sms","to":"""#), "to: 1 to 1000 bytes are expected"),
        (
            message(#""channel":"sms","to":"\#(String(repeating: "1", count: 1001))""#),
            "to: 1 to 1000 bytes are expected"
        ),
        (message(#""channel":"sms","to":"+1555\u0007""#), "to: it holds a control character: remove it"),
        (message(#""channel":"sms","to":"Ada""#), "to: a phone number is expected, such as +1 202 555 0123"),
    ]

    @Test("recipients", arguments: recipientCases)
    func recipients(json: String, expected: String) throws {
        #expect(try refusal(Array(json.utf8)) == expected)
    }

    /// A message from a template, with more members.
    private static func templated(_ more: String) -> String {
        message(more.contains(#""template":"#) ? more : #""template":"hello","# + more, without: ["content"])
    }

    private static let wordsCases = [
        (
            message("", without: ["content"]),
            "template: a message needs a template, or content {subject, text, html}"
        ),
        (
            message(#""template":"hello","content":{"subject":"a","text":"b"}"#),
            "content: a message has a template or content, not both"
        ),
        (message("", without: ["brand"]), "brand: it is missing; known: acme, zenith"),
        (message(#""brand":"ajax""#), "brand: there is no brand 'ajax'; known: acme, zenith"),
        (message(#""brand":5"#), "brand: it must be a string"),
        (templated(#""template":"helo""#), "template: there is no template 'helo'; known: broken, hello, news"),
        (templated(#""template":["hello"]"#), "template: it must be a string"),
        (
            templated(#""template":"../hello""#),
            "template: there is no template '../hello'; known: broken, hello, news"
        ),
        (
            templated(#""tone":"angry""#),
            "tone: template 'hello' has no words for angry.en; it has formal.de, friendly.en"
        ),
        (templated(#""tone":1"#), "tone: it must be a string"),
        (
            templated(#""tone":"formal","locale":"fr""#),
            "locale: template 'hello' has no words for formal.fr; it has formal.de, friendly.en"
        ),
        (templated(#""locale":[]"#), "locale: it must be a string"),
        (
            templated(#""template":"broken""#),
            "template: it is broken: broken/friendly.en.subject.txt:1:1: the section 'a' is not closed"
        ),
        (
            templated(#""category":"commercial""#),
            "category: it is the template's: transactional. Leave it out"
        ),
        (
            message(#""category":"marketing""#),
            "category: it is transactional or commercial, not 'marketing'"
        ),
        (message(#""category":1"#), "category: it must be a string"),
        (templated(#""vars":[]"#), "vars: it must be an object"),
        (templated(#""vars":"customer""#), "vars: it must be an object"),
        (
            templated(#""vars":null"#),
            "vars: hello/friendly.en.subject.txt:1:7: unknown variable 'customer.name'"
        ),
        (
            templated(#""vars":{"customer":{}}"#),
            "vars: hello/friendly.en.subject.txt:1:7: unknown variable 'customer.name'"
        ),
        (
            templated(#""vars":{"customer":{"name":null}}"#),
            "vars: hello/friendly.en.subject.txt:1:7: "
                + "the variable 'customer.name' is null; a text or a number was expected"
        ),
        (
            templated(#""vars":{"customer":{"name":{}}}"#),
            "vars: hello/friendly.en.subject.txt:1:7: "
                + "the variable 'customer.name' is an object; a text or a number was expected"
        ),
        (
            templated(#""vars":{"customer":{"name":"Ada"},"total":{"net":1}}"#),
            "vars: hello/friendly.en.email.txt:3:1: "
                + "the variable 'total' is an object; a text or a number was expected"
        ),
        (templated(#""brand":"acme","vars":{"brand":{}}"#), "vars.brand: the name is reserved: the system gives it"),
        (templated(#""vars":{"recipient":1}"#), "vars.recipient: the name is reserved: the system gives it"),
        (
            templated(#""vars":{"opt_out_url":"http://evil"}"#),
            "vars.opt_out_url: the name is reserved: the system gives it"
        ),
        (
            templated(#""vars":{"customer":{"name":"Ada\r\nBcc: eve@example.com"}}"#),
            "vars: The subject contains U+000D, a line break or control character: remove it."
        ),
        (
            templated(#""vars":{"customer":{"name":"Ada\u0000"}}"#),
            "vars: The subject contains U+0000, a line break or control character: remove it."
        ),
        (
            message(#""channel":"sms","to":"+12025550123","template":"news""#, without: ["content"]),
            "template: 'news' has no part sms.txt in friendly.en"
        ),
    ]

    @Test("brands, templates and variables", arguments: wordsCases)
    func words(json: String, expected: String) throws {
        #expect(try refusal(Array(json.utf8)) == expected)
    }

    private static let contentCases = [
        (message(#""content":"Hi""#), "content: it must be an object {subject, text, html}"),
        (message(#""content":[]"#), "content: it must be an object {subject, text, html}"),
        (message(#""content":{}"#), "content.subject: it is missing"),
        (message(#""content":{"subject":"Hi"}"#), "content.text: it is missing"),
        (message(#""content":{"subject":1,"text":"x"}"#), "content.subject: it must be a string"),
        (message(#""content":{"subject":"Hi","text":"x","html":null}"#), "content.html: it must be a string"),
        (
            message(#""content":{"subject":"Hi","text":"x","body":"y"}"#),
            "content.body: there is no such field; known: html, subject, text"
        ),
        (
            message(#""content":{"subject":"Hi\nBcc: eve@example.com","text":"x"}"#),
            "content: The subject contains U+000A, a line break or control character: remove it."
        ),
        (
            message(#""content":{"subject":"Hi","text":"x\u0000y"}"#),
            "content: The text contains a NUL byte: remove it."
        ),
        (
            message(#""channel":"sms","to":"+12025550123","content":{"subject":"Hi"}"#),
            "content.text: it is missing"
        ),
    ]

    @Test("content", arguments: contentCases)
    func content(json: String, expected: String) throws {
        #expect(try refusal(Array(json.utf8)) == expected)
    }

    private static func attached(_ file: String) -> String { message(#""attachments":[\#(file)]"#) }

    private static let attachmentCases = [
        (message(#""attachments":{}"#), "attachments: it must be a list"),
        (attached("5"), "attachments[0]: it must be an object {filename, content_type, base64}"),
        (attached("{}"), "attachments[0].filename: it is missing"),
        (attached(#"{"filename":"a.pdf"}"#), "attachments[0].content_type: it is missing"),
        (
            attached(#"{"filename":"a.pdf","content_type":"application/pdf"}"#),
            "attachments[0].base64: it is missing, or not base64"
        ),
        (
            attached(
                #"{"filename":"a.pdf","content_type":"application/pdf","base64":"QQ=="},"#
                    + #"{"filename":"b.pdf","content_type":"application/pdf","base64":"*"}"#
            ),
            "attachments[1].base64: it is missing, or not base64"
        ),
        (
            attached(#"{"filename":"a.pdf","content_type":"application/pdf","base64":"QQ==","size":1}"#),
            "attachments[0].size: there is no such field; known: base64, content_id, content_type, filename"
        ),
        (
            attached(#"{"filename":"../a.pdf","content_type":"application/pdf","base64":"QQ=="}"#),
            "attachments[0]: \"../a.pdf\" is not a file name: "
                + "give 1 to 255 bytes without \"/\", \"\\\" and control characters."
        ),
        (
            attached(#"{"filename":"a\r\nX: y","content_type":"application/pdf","base64":"QQ=="}"#),
            "attachments[0]: \"a<U+000D><U+000A>X: y\" is not a file name: "
                + "give 1 to 255 bytes without \"/\", \"\\\" and control characters."
        ),
        (
            attached(#"{"filename":"a.pdf","content_type":"pdf","base64":"QQ=="}"#),
            "attachments[0]: \"pdf\" is not a content type: write it like application/pdf, without parameters."
        ),
        (
            attached(
                #"{"filename":"a.png","content_type":"image/png","base64":"QQ==","content_id":"logo@acme.example"}"#
            ),
            "content: There are inline parts but no HTML that could show them: add HTML, or send them as attachments."
        ),
        (
            message(#""channel":"sms","to":"+12025550123","attachments":[{}]"#),
            "attachments: only email carries files"
        ),
    ]

    @Test("attachments", arguments: attachmentCases)
    func attachments(json: String, expected: String) throws {
        #expect(try refusal(Array(json.utf8)) == expected)
    }

    @Test("a message is refused whole, and the reader goes on", arguments: [1, 2])
    func again(round: Int) throws {
        let reader = MessageReader(composer: try Self.templates.composer(), channels: [.email: ChannelRules()])
        #expect(throws: Rejection.self) { try reader.read(Array("{".utf8)) }
        _ = try reader.read(Array(Self.message("").utf8))
    }
}
