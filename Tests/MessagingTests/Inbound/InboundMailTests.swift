import Foundation
import TestSupport
import Testing

@testable import Messaging

@Suite("Mail that comes in")
struct InboundMailTests {
    private static let ids = MessageIDs(secret: "secret")
    private static let own = ids.messageID(for: 7, domain: "acme.example")

    private static func read(_ text: String, recipient: String? = nil) -> InboundMail {
        InboundMail(Array(text.replacing("\n", with: "\r\n").utf8), recipient: recipient, ids: ids)
    }

    private static func report(_ fields: String, original: String = "Message-ID: <\(own)>\nSubject: Hello\n") -> String
    {
        """
        Return-Path: <>
        From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
        Subject: Undelivered Mail Returned to Sender
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status;
         boundary="A1/mx.example.com"

        This is a MIME-encapsulated message.

        --A1/mx.example.com
        Content-Description: Notification
        Content-Type: text/plain; charset=us-ascii

        I'm sorry to have to inform you. To stop, reply stop.

        --A1/mx.example.com
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.com

        Final-Recipient: rfc822; ada@example.com
        \(fields)

        --A1/mx.example.com
        Content-Type: text/rfc822-headers

        \(original)
        --A1/mx.example.com--

        """
    }

    @Test(
        "a report of a mail server says what became of the message, and only some say that the address is gone",
        arguments: [
            ("Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user", .failed(.recipient)),
            ("Action: Failed\nStatus: 5.2.1", .failed(.recipient)),
            ("Action: failed\nStatus: 5.1.6", .failed(.recipient)),
            ("Action: failed\nStatus: 5.2.2", .failed(.permanent)), ("Action: failed\nStatus: 5.7.1", .failed(.policy)),
            ("Action: failed\nStatus: 5.7.26", .failed(.policy)),
            ("Action: failed\nStatus: 4.4.7", .failed(.temporary)),
            ("Action: failed (bad mailbox)\nStatus: 5.1.3 (syntax)", .failed(.recipient)),
            ("Action: delayed\nStatus: 4.4.1", .underway), ("Action: delivered\nStatus: 2.0.0", .delivered),
            ("Action: relayed\nStatus: 2.0.0", .underway),
        ] as [(String, DeliveryReceipt.Status)]
    )
    func reports(fields: String, status: DeliveryReceipt.Status) {
        let mail = Self.read(Self.report(fields))
        guard case .bounce(let found, _) = mail.matter else {
            Issue.record("\(mail)")
            return
        }
        #expect(found == status)
        #expect(mail.message == 7)
    }

    @Test("whose it is is proven by our Message-ID or by the return path, and by nothing that a stranger can make up")
    func proof() {
        let failed = "Action: failed\nStatus: 5.1.1"
        #expect(
            Self.read(Self.report(failed, original: "Message-ID: <dunlin.7.0000000000000000@acme.example>\n")).message
                == nil
        )
        let path = Self.ids.returnPath(for: 9, "bounces@acme.example")
        #expect(path.hasPrefix("bounces+dunlin.9.") && path.hasSuffix("@acme.example"))
        #expect(Self.read(Self.report(failed, original: ""), recipient: path).message == 9)
        #expect(Self.read("Delivered-To: \(path.uppercased())\n" + Self.report(failed, original: "")).message == 9)
        #expect(
            Self.read(Self.report(failed, original: ""), recipient: "bounces+dunlin.9.1234@acme.example").message == nil
        )
        #expect(Self.read(Self.report(failed, original: ""), recipient: "bounces+@acme.example").message == nil)
    }

    @Test("a complaint is one of abuse; other feedback is none")
    func complaints() {
        func feedback(_ kind: String) -> InboundMail {
            Self.read(
                """
                From: feedback@provider.example
                Subject: FW: Hello
                MIME-Version: 1.0
                Content-Type: multipart/report; report-type=feedback-report; boundary="b"

                --b
                Content-Type: text/plain

                This is an abuse report.
                --b
                Content-Type: message/feedback-report

                Feedback-Type: \(kind)
                User-Agent: Provider/1.0
                Version: 1
                --b
                Content-Type: message/rfc822

                From: acme@acme.example
                To: redacted@provider.example
                Message-ID: <\(Self.own)>
                Subject: Hello

                Hello.
                --b--
                """
            )
        }
        #expect(feedback("abuse").matter == .complaint && feedback("abuse").message == 7)
        #expect(feedback("not-spam").matter == .automatic)
    }

    private static func mail(_ headers: String, _ body: String) -> InboundMail {
        read("From: Ada <ada@example.com>\nTo: billing@acme.example\nIn-Reply-To: <\(own)>\n\(headers)\n\n\(body)")
    }

    @Test(
        "what nobody has written means nothing",
        arguments: [
            "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated (failure)", "Precedence: bulk",
            "Return-Path: <>",
            "X-Autoreply: yes", "Auto-submitted: auto-notified; owner-email=\"me@example.com\"",
        ]
    )
    func automatic(header: String) {
        #expect(Self.mail("Subject: Away\n\(header)", "stop").matter == .automatic)
    }

    @Test(
        "a person's no is found above what they quote",
        arguments: [
            ("Subject: Re: Invoice", "Stop", .stop),
            ("Subject: Re: Invoice\nAuto-Submitted: no", "unsubscribe me please", .stop),
            ("Subject: unsubscribe", "", .stop), ("Subject: =?utf-8?Q?Un=73ubscribe?=", "x", .stop),
            (
                "Subject: Re: x", "Please stop.\n\nBest regards,\nAda Lovelace\nCountess of many things and titles",
                .stop
            ),
            (
                "Subject: Re: x", "Stop\n\nOn Mon, 5 Jan 2026 at 10:00, Acme <a@acme.example> wrote:\n> You can stop",
                .stop
            ),
            ("Subject: Re: x", "Can I stop by on Friday?", .review),
            (
                "Subject: Re: x",
                "Hi,\n\nPlease stop sending me emails.\n\nJohn Smith\nSenior Director of many things, Example Corporation\n+1 202 555 0123",
                .stop
            ),
            (
                "Subject: Re: x", "On Mon, 5 Jan 2026 at 10:00, Acme <a@acme.example> wrote:\n> You owe us\n\nStop",
                .stop
            ),
        ] as [(String, String, WishReader.Wish)]
    )
    func wishes(headers: String, body: String, wish: WishReader.Wish) {
        let mail = Self.mail(headers, body)
        guard case .wish(let found, _) = mail.matter else {
            Issue.record("\(mail.matter)")
            return
        }
        #expect(found == wish)
        #expect(mail.message == 7 && mail.from == "ada@example.com")
    }

    @Test(
        "an answer is an answer, and our own footer in it is no wish of theirs",
        arguments: [
            ("I have paid.\n\n> To stop these messages, reply with the word \"stop\".", "I have paid."),
            ("Paid!\n\nAm 05.01.2026 um 10:00 schrieb Acme:\n> stop", "Paid!"),
            ("Done.\n-----Original Message-----\nstop", "Done."), ("Thanks\n-- \nstop", "Thanks"),
        ]
    )
    func replies(body: String, text: String) {
        #expect(Self.mail("Subject: Re: Invoice", body).matter == .reply(text: text))
    }

    @Test("words in base64, quoted-printable, Latin-1 and HTML are read")
    func encodings() {
        let base64 = "Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64"
        #expect(Self.mail(base64, "U1RPUA==").matter == .wish(.stop, text: "STOP"))
        let quoted = "Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable"
        #expect(Self.mail(quoted, "Arr=C3=AA=\nt").matter == .wish(.stop, text: "Arrêt"))
        let styles =
            "<html><head><title>x</title><style>" + String(repeating: "p { color: red } ", count: 1000) + "</style>"
        let html = "Subject: x\nContent-Type: text/html"
        for page in [styles + "</head><body>stop", styles + "<body>stop", "<body><header></header><p>stop</p>"] {
            #expect(Self.mail(html, page).matter == .wish(.stop, text: "stop"), "\(page.suffix(40))")
        }
        #expect(
            Self.mail(html, "<html><body><p>Stop</p><blockquote>You can unsubscribe</blockquote></body></html>").matter
                == .wish(.stop, text: "Stop")
        )
    }

    @Test("whatever comes is read, in time")
    func fuzz() {
        var generator = SeededGenerator(seed: 5)
        let seeds = [
            Self.report("Action: failed\nStatus: 5.1.1"),
            "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n--x\nContent-Type: message/rfc822\n\n--x--",
        ].map { Array($0.utf8) }
        for _ in 0..<500 * TestSize.factor {
            var bytes = generator.pick(seeds)
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
                case 1 where bytes.count > 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: bytes.prefix(place), at: place)
                default: bytes = Array(bytes.prefix(max(1, place)))
                }
            }
            _ = InboundMail(Array(bytes.prefix(1 << 20)), ids: Self.ids)
        }
        // Deep, many, and long.
        let deep = String(repeating: "Content-Type: message/rfc822\n\n", count: 5000)
        #expect(MIMEPart(Array(deep.utf8)).all.count < 20)
        let many = "Content-Type: multipart/mixed; boundary=x\n\n" + String(repeating: "--x\n\nhello\n", count: 50_000)
        #expect(MIMEPart(Array(many.utf8)).all.count <= 102)
        _ = Self.read("Subject: x\nContent-Type: text/html\n\n" + String(repeating: "<", count: 1_000_000))
        _ = Self.read("References: " + String(repeating: "<a@b> ", count: 200_000) + "\n\nstop")
        _ = Self.read(String(repeating: "a", count: 5_000_000))
    }

    @Test("a bounce ends the message and keeps more from going there; a complaint too; each counts once")
    func applied() async throws {
        let fixture = try await QueueFixture()
        let desk = InboundDesk(queue: fixture.queue, secret: "secret")
        _ = try await fixture.queue.enqueue((0..<3).map { QueueFixture.message(to: "p\($0)@example.com") })
        for handOff in try await fixture.claim() { try await fixture.settle(handOff, .accepted("250 ok")) }
        func report(_ id: Int64, _ fields: String) -> [UInt8] {
            Array(
                Self.report(fields, original: "Message-ID: <\(Self.ids.messageID(for: id, domain: "x.example"))>").utf8
            )
        }
        let first = report(1, "Action: failed\nStatus: 5.1.1")
        #expect(try await desk.take(first).isNew)
        #expect(try await !desk.take(first).isNew)
        _ = try await desk.take(report(2, "Action: failed\nStatus: 5.7.1"))
        #expect(try await fixture.queue.message(1)?.state == .bounced)
        #expect(try await fixture.queue.message(2)?.reason == "policy")
        #expect(try await fixture.optOuts.covering("p0@example.com").map(\.source) == [OptOut.bounce])
        #expect(try await fixture.optOuts.covering("p1@example.com") == [], "our own standing is no fault of theirs")
        let reply = "From: other@example.net\nIn-Reply-To: <\(Self.ids.messageID(for: 3, domain: "x"))>\n\nstop"
        _ = try await desk.take(Array(reply.utf8))
        #expect(try await fixture.optOuts.covering("p2@example.com").map(\.scope.channel) == [.email])
        #expect(try await fixture.queue.events(of: 3).map(\.kind) == [.sent, .replied])
        let complaint = """
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=feedback-report; boundary="b"

            --b
            Content-Type: message/feedback-report

            Feedback-Type: abuse
            Original-Rcpt-To: victim@example.com
            --b
            Content-Type: message/rfc822

            Message-ID: <PROOF>

            --b--
            """
        for (id, agent) in [(3, "one"), (3, "two"), (4, "one")] as [(Int64, String)] {
            let messageID = Self.ids.messageID(for: id, domain: "x.example")
            let mail = "X-Agent: \(agent)\n" + complaint.replacing("PROOF", with: messageID)
            _ = try await desk.take(Array(mail.utf8))
        }
        let counted = try await ComplianceCounts(fixture.database).list(days: 1, now: fixture.clock.now)
        #expect(counted.filter { $0.kind == .complained }.map(\.count) == [1], "once for each message")
        #expect(
            try await fixture.optOuts.covering("victim@example.com").map(\.source) == [OptOut.review],
            "a message that is gone proves nothing of whom it went to"
        )
        let stranger = "From: eve@example.net\nSubject: unsubscribe\n\n"
        _ = try await desk.take(Array(stranger.utf8))
        #expect(try await fixture.optOuts.covering("eve@example.net").map(\.source) == [OptOut.review])
        #expect(try await Evidence(fixture.database).verify().faults == [])
    }
}
