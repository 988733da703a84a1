import Testing

@testable import Messaging

@Suite("Message-IDs")
struct MessageIDsTests {
    private let ids = MessageIDs(secret: "one")

    @Test("an id is the same each time, and differs by message and installation")
    func stable() {
        let id = ids.messageID(for: 7, domain: "acme.example")
        #expect(id == MessageIDs(secret: "one").messageID(for: 7, domain: "acme.example"))
        #expect(id.wholeMatch(of: /dunlin\.7\.[0-9a-f]{16}@acme\.example/) != nil)
        #expect(id != MessageIDs(secret: "two").messageID(for: 7, domain: "acme.example"))
        #expect(id.dropFirst(8) != ids.messageID(for: 8, domain: "acme.example").dropFirst(8))
    }

    @Test("a bounce leads back to its message", arguments: [1, 7, 123_456_789, Int64.max] as [Int64])
    func back(id: Int64) {
        let text = ids.messageID(for: id, domain: "acme.example")
        #expect(ids.message(of: text) == id)
        #expect(ids.message(of: "<" + text.uppercased() + ">") == id)
        #expect(MessageIDs(secret: "two").message(of: text) == nil)
    }

    @Test("made-up ids lead nowhere", arguments: ["", "@", "dunlin.7.x@a", "dunlin.07.x@a", "a@b", "dunlin.7@a", "<>"])
    func madeUp(text: String) {
        #expect(ids.message(of: text) == nil)
    }

    @Test("the hash is SipHash-2-4")
    func sipHash() {
        let hash = StableHash(key0: 0x0706_0504_0302_0100, key1: 0x0f0e_0d0c_0b0a_0908)
        let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
        let ofBytes = hash.hash(bytes.span)
        let ofNothing = hash.hash(bytes.span.extracting(first: 0))
        #expect(ofBytes == 0xa129_ca61_49be_45e5)
        #expect(ofNothing == 0x726f_db47_dd0e_0e31)
    }
}
