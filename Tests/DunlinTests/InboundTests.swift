import Foundation
import TestSupport
import Testing

@Suite("Mail that a mail server hands over")
struct InboundTests {
    private func site(_ sink: Peer, _ more: String = "") throws -> Site {
        try Site(
            Site.brands + "    return_path: bounces@acme.example\n    verp: true\n\(more)"
                + "channels: {email: {transports: [\"\(sink.url)\"]}}\n"
        )
    }

    private func bounce(_ status: String) -> String {
        """
        From: MAILER-DAEMON@mx.example.com
        Subject: Undelivered Mail
        Auto-Submitted: auto-replied
        Content-Type: multipart/report; report-type=delivery-status; boundary=b

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.com

        Final-Recipient: rfc822; ada@example.com
        Action: failed
        Status: \(status)
        --b--

        """
    }

    @Test("a bounce that comes to the return path of a message ends it, and nothing more goes there")
    func bounces() async throws {
        let sink = try await Peer.sink()
        let site = try site(sink)
        try await site.enqueue([Mail("a")])
        try await site.run("work", "--until-empty")
        let sender = try #require(sink.arrivals.first?.sender)
        #expect(sender.hasPrefix("bounces+dunlin.1.") && sender.hasSuffix("@acme.example"))
        let taken = try await site.run("inbound", "--recipient", sender, input: bounce("5.1.1"))
        #expect(taken == "a bounce of message 1: 5.1.1\n")
        #expect(try await site.run("inbound", "--recipient", sender, input: bounce("5.1.1")).contains("came before"))
        #expect(try await site.message("a").state == "bounced")
        try await site.enqueue([Mail("b")])
        try await site.run("work", "--until-empty")
        #expect(try await site.message("b").reason == "the address does not exist: it bounced before")
        let forged = try await site.run(
            "inbound",
            "--recipient",
            "bounces+dunlin.2.0000@acme.example",
            input: bounce("5.1.1")
        )
        #expect(forged.contains("of no message that it proves"))
        let none = try await site.dunlin("inbound", input: "")
        #expect(none.code == 65)
    }

    @Test("an answer that says stop is a no at once; over HTTP a mail server must know the key")
    func answers() async throws {
        let sink = try await Peer.sink()
        let site = try site(sink, "http: {inbound_key: a-key-of-sixteen-letters}\n")
        let server = try await WebServer(site, scopes: "enqueue,read,comply")
        _ = try await server.enqueue(Mail("a"))
        try await eventually("it is sent") { sink.count == 1 }
        let answer =
            "From: Ada <other@example.net>\r\nSubject: Re: a\r\nIn-Reply-To: \(sink.arrivals[0].messageId)\r\n\r\nstop\r\n"
        func post(_ key: String) async throws -> Int {
            try await server.send("POST", "/hooks/email?key=\(key)", answer, type: "message/rfc822", token: "none")
                .status
        }
        #expect(try await post("wrong") == 403)
        #expect(try await server.site.status().optOuts == 0)
        #expect(try await post("a-key-of-sixteen-letters") == 200)
        #expect(try await post("a-key-of-sixteen-letters") == 200)
        let check = try await site.dunlin("opt-out", "check", "ada@example.com")
        #expect(check.output.contains("opted out of channel email") && check.output.contains("(reply)"))
        _ = try await server.enqueue(Mail("b"))
        try await eventually("it is blocked") { try await site.message("b").state == "blocked" }
        let closed = try await WebServer(try Site(nil))
        #expect(try await closed.send("POST", "/hooks/email", answer, type: "message/rfc822").status == 404)
    }

    @Test("the evidence of all that is whole, is exported by person, and shows what was changed")
    func evidence() async throws {
        let sink = try await Peer.sink()
        let site = try site(sink)
        try await site.enqueue([Mail("a"), Mail("b", to: "eve@example.com")])
        try await site.run("opt-out", "add", "eve@example.com", "--note", "by phone")
        try await site.run("work", "--until-empty")
        #expect(try await site.run("audit", "verify") == "The chain is whole: 3 rows.\n")
        let head = try await site.run("audit", "head").trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(head.hasPrefix("3:") && head.count == 66)
        let export = try await site.run("audit", "export", "--person", "Eve@example.com").split(separator: "\n")
        #expect(export.count == 2 && export[0].contains("by phone") && export[1].contains("OPT-OUT"))
        let explained = try await site.run("comply", "explain", "b")
        #expect(explained.contains("opted out of everything (cli)") && explained.contains("decision"))
        let sql = "DELETE FROM evidence WHERE number = 3; UPDATE evidence SET body = '{}' WHERE number = 1"
        let edit = try await Child("/usr/bin/env", ["sqlite3", site.folder.path("dunlin.sqlite"), sql], input: nil)
            .end()
        #expect(edit.code == 0, "\(edit.errors)")
        let broken = try await site.dunlin("audit", "verify", "--head", head)
        #expect(broken.code == 1)
        #expect(broken.output.contains("row 1: its words were changed"))
        #expect(broken.output.contains("row 3, a head that was kept, is missing: the end was cut off"))
    }

    @Test("a text at night waits for the morning where its reader is; why says so")
    func night() async throws {
        let zone = try #require(TimeZone(identifier: "America/New_York"))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        // A day that is not today, whatever the time is here.
        let tomorrow = calendar.component(.weekday, from: Date().addingTimeInterval(36 * 3600))
        let day = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][tomorrow - 1]
        let brands = Site.brands.replacing(
            "compliance: {rules: {SM-08: false}}",
            with: "compliance: {send_hours: {from: \"09:00\", to: \"17:00\", days: [\(day)]}}"
        )
        let site = try Site(brands)
        var text = Mail("a", to: "+12125550123")
        text.channel = "sms"
        text.content?.subject = ""
        try await site.enqueue([text])
        try await site.run("work", "--until-empty")
        let message = try await site.message("a")
        #expect(message.state == "waiting" && message.events.map(\.kind) == ["deferred"])
        let why = try await site.run("why", "a")
        #expect(why.contains("not before") && why.contains("HOURS (America/New_York)"), "\(why)")
    }
}
