import Foundation
import Testing

@Suite("A mailbox that is looked into over IMAP")
struct MailboxTests {
    private static func site(_ server: Dovecot, _ sink: Peer, password: String = "secret", more: String = "") throws
        -> Site
    {
        try Site(
            Site.brands
                + """
                channels: {email: {transports: ["\(sink.url)"]}}
                inbound:
                  url: \(server.url)
                  username: bounces
                  password: \(password)
                  ca_file: \(server.certificate.file)
                  every: 1s
                \(more)
                """
        )
    }

    private static func answer(_ text: String, to id: String, from: String = "ada@example.com") -> String {
        "From: Ada <\(from)>\r\nSubject: Re: a\r\nIn-Reply-To: \(id)\r\nMessage-ID: <\(UUID().uuidString)@x>\r\n\r\n\(text)\r\n"
    }

    @Test("a no takes effect, an answer waits for a person, and each is taken once")
    func taken() async throws {
        let (server, sink) = (try await Dovecot(), try await Peer.sink())
        let site = try Self.site(server, sink)
        try await site.enqueue([Mail("a"), Mail("b", to: "eve@example.com")])
        try await site.run("work", "--until-empty")
        let ids = Dictionary(uniqueKeysWithValues: sink.arrivals.map { ($0.recipients[0], $0.messageId) })
        try server.deliver(Self.answer("Please unsubscribe", to: try #require(ids["ada@example.com"])))
        let words = "I paid on Monday.\r\n* it is\r\n)\r\nd3 OK fine\r\n" + String(repeating: "x", count: 70_000)
        try server.deliver(Self.answer(words, to: try #require(ids["eve@example.com"]), from: "eve@example.com"))
        let check = try await site.dunlin("check")
        #expect(check.output.contains("imaps://127.0.0.1:\(server.port): 2 mails wait there"), "\(check.output)")
        #expect(try await site.run("inbound", "--mailbox") == "Taken in: 2 mails.\n", "\(server.log)")
        #expect(try await site.run("inbound", "--mailbox") == "Nothing has come in.\n")
        #expect(server.mails == (seen: 2, unseen: 0))
        #expect(try await site.dunlin("opt-out", "check", "ada@example.com").output.contains("(reply)"))
        #expect(try await site.dunlin("opt-out", "check", "eve@example.com").code == 0)
        let list = try await site.run("reply", "list")
        #expect(list.contains("eve@example.com") && list.contains("I paid on Monday. * it is ) d3 OK fine"))
        #expect(!list.contains("ada@example.com"))
        #expect(try await site.run("reply", "assign", "1", "bob") == "Reply 1 is bob's.\n")
        #expect(try await site.run("reply", "finish", "1", "--note", "it has arrived") == "Reply 1 is done.\n")
        #expect(try await site.dunlin("reply", "finish", "1").code == 65)
        #expect(try await site.run("reply", "list") == "Nothing is to be read.\n")
        #expect(try await site.run("reply", "list", "--done", "--json").contains("it has arrived"))
        try await server.stop()
    }

    @Test("is looked into while the server runs, again after a fault, and a mail that was taken may be deleted")
    func served() async throws {
        let (server, sink) = (try await Dovecot(), try await Peer.sink())
        let site = try Self.site(server, sink, more: "  after: delete\n")
        let running = try await WebServer(site)
        try await running.site.enqueue([Mail("a")])
        try await eventually("it is sent") { sink.count == 1 }
        try server.deliver(Self.answer("stop", to: sink.arrivals[0].messageId))
        try await eventually("the no is heeded") {
            try await site.dunlin("opt-out", "check", "ada@example.com").code == 1
        }
        try await eventually("the mailbox is empty") { server.mails == (0, 0) }
        try await server.stop()
        try await eventually("the fault is told") { running.child.errors.contains("the mailbox cannot be read") }
    }

    @Test("that does not let us in is told of, and leaves everything as it was")
    func refused() async throws {
        let (server, sink) = (try await Dovecot(), try await Peer.sink())
        try server.deliver(Self.answer("stop", to: "<1@x>"))
        let site = try Self.site(server, sink, password: "wrong")
        try await site.begin()
        let outcome = try await site.dunlin("inbound", "--mailbox")
        #expect(outcome.code == 75)
        #expect(outcome.errors.hasPrefix("dunlin: the mailbox cannot be read: "), "\(outcome.errors)")
        #expect(server.mails == (seen: 0, unseen: 1))
        let check = try await site.dunlin("check")
        #expect(check.code == 78 && check.output.contains("inbound"))
        let none = try Site(nil)
        #expect(try await none.dunlin("inbound", "--mailbox").code == 78)
        try await server.stop()
    }
}
