import JSON
import Testing

@testable import Messaging

@Suite("Recipients")
struct RecipientTests {
    @Test(
        "an address has one key, however it is written",
        arguments: [
            (Channel.email, "ada@example.com", "ada@example.com"),
            (.email, "Ada Lovelace <ADA@Example.COM>", "ada@example.com"),
            (.email, "\"Lovelace, Ada\" <ada@example.com>", "ada@example.com"),
            (.email, " ada@example.com. ", "ada@example.com"),
            (.email, "ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
            (.sms, "+1 (202) 555-0123", "+12025550123"),
            (.call, "+12025550123", "+12025550123"),
            (.sms, "+44 7400 123456", "+447400123456"), (.call, "+44 20 7946 0958", "+442079460958"),
            (.linkedin, "https://www.linkedin.com/in/Ada", "https://www.linkedin.com/in/ada"),
            (.webhook, "https://Hooks.Example.com/x", "https://hooks.example.com/x"),
            (.letter, "Ada Lovelace, 1 Main Street", "ada lovelace, 1 main street"),
        ]
    )
    func key(channel: Channel, text: String, expected: String) throws {
        #expect(try Recipient(text, channel: channel).key == expected)
    }

    @Test(
        "an address as a person writes it has the same key, whatever its channel",
        arguments: [
            ("ada@example.com", "ada@example.com"),
            ("Ada <ADA@example.com>", "ada@example.com"),
            ("+1 (202) 555-0123", "+12025550123"),
            ("+1 555 010 0123", "+15550100123"),
            ("https://www.linkedin.com/in/Ada", "https://www.linkedin.com/in/ada"),
            ("1 Main Street", "1 main street"),
            ("---", "---"),
        ]
    )
    func written(text: String, expected: String) throws {
        #expect(try Recipient.key(of: text) == expected)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            ("", "to: 1 to 1000 bytes are expected"),
            ("@", "to: There is nothing before the \"@\": write the address like ada@example.com."),
            ("a\nb", "to: it holds a control character: remove it"),
            (String(repeating: "x", count: 1001), "to: 1 to 1000 bytes are expected"),
            ("garbage", "to: 'garbage' is no address: write it like ada@example.com or +1 202 555 0123"),
            (
                "202/555 0123",
                "to: the country is missing: write the number with + and its country code, such as +1 202 555 0123"
            ),
        ]
    )
    func refuse(text: String, expected: String) {
        let error = #expect(throws: Rejection.self) { try Recipient.key(of: text) }
        #expect(error?.description == expected)
    }

    @Test("an address of a channel is one of its kind, whatever it looks like")
    func ofChannel() throws {
        #expect(try Recipient.key(of: "Ada", channel: .letter) == "ada")
        #expect(throws: Rejection.self) { try Recipient.key(of: "ada", channel: .email) }
        #expect(throws: Rejection.self) { try Recipient.key(of: "ada", channel: .sms) }
    }

    @Test("a phone number without a country code is the region's")
    func region() throws {
        #expect(try Recipient("(202) 555-0123", channel: .sms, region: "US").key == "+12025550123")
        #expect(try Recipient("07400 123456", channel: .sms, region: "GB").key == "+447400123456")
        #expect(try Recipient.key(of: "07400 123456", region: "GB") == "+447400123456")
    }

    @Test(
        "a text needs a number that takes texts, a call one that can be dialled",
        arguments: [
            (Channel.sms, "+44 20 7946 0958", "to: +442079460958 takes no texts: it is no mobile number"),
            (.sms, "+1 555 010 0123", "to: +15550100123 is in no range that is in use"),
            (
                .call, "+1 202 555 0123 ext. 7",
                "to: it has an extension, which cannot be dialled or texted: leave it out"
            ),
        ]
    )
    func unreachable(channel: Channel, text: String, expected: String) {
        let error = #expect(throws: Rejection.self) { try Recipient(text, channel: channel) }
        #expect(error?.description == expected)
    }

    @Test(
        "a template sees the address, and the name where there is one",
        arguments: [
            (Channel.email, "Ada Lovelace <Ada@example.com>", #"{"name":"Ada Lovelace","address":"Ada@example.com"}"#),
            (.email, "ada@example.com", #"{"address":"ada@example.com"}"#),
            (.sms, "+1 202 555 0123", #"{"address":"+1 202 555 0123"}"#),
            (.email, "\"A \\\"B\\\" C\" <ada@example.com>", #"{"name":"A \"B\" C","address":"ada@example.com"}"#),
        ]
    )
    func variables(channel: Channel, text: String, expected: String) throws {
        var bytes: [UInt8] = []
        try Recipient(text, channel: channel).variables.appendRaw(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(
        "only email has a domain",
        arguments: [(Channel.email, "a@b.example", "b.example"), (.sms, "+12025550123", "")]
    )
    func domain(channel: Channel, text: String, expected: String) throws {
        #expect(try Recipient(text, channel: channel).domain == expected)
    }
}
