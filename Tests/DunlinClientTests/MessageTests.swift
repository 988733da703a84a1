import DunlinClient
import Foundation
import Testing

@Suite("A message of the client, as JSON")
struct MessageTests {
    private func json(_ message: Message) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(message), as: UTF8.self)
    }

    @Test("of one channel")
    func single() throws {
        let message = Message(key: "a", .email, to: "ada@example.com", content: .init(subject: "Hi", text: "Hello"))
        #expect(
            try json(message)
                == #"{"channel":"email","content":{"subject":"Hi","text":"Hello"},"key":"a","to":"ada@example.com"}"#
        )
    }

    @Test("of several, one after the other or all at once")
    func several() throws {
        var message = Message(.email, to: "ada@example.com", template: "payment-thanks", vars: ["a": "b"])
        message.others = [.init(.sms, to: "+12025550123")]
        message.policy = .first(within: "4h")
        let to = #""template":"payment-thanks","to":{"email":"ada@example.com","sms":"+12025550123"},"vars":{"a":"b"}"#
        #expect(try json(message) == #"{"channels":["email","sms"],\#(to),"within":"4h"}"#)
        message.policy = .all
        #expect(try json(message) == #"{"channels":["email","sms"],"policy":"all",\#(to)}"#)
    }
}
