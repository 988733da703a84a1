import Testing

@testable import Curl

@Suite struct SMTPDialogueTests {
    @Test func `an envelope goes in one flight, a body and the next envelope in the next`() {
        var talk = Conversation()
        #expect(talk.standing == .ready)
        talk.start(1)
        #expect(talk.standing == .busy)
        #expect(talk.flight() == envelope(1))
        talk.server("250 ok\r\n250 ok\r\n354 go\r\n")
        #expect(talk.standing == .ready)
        talk.start(2)
        #expect(talk.standing == .busy)
        #expect(talk.flight() == "Hi\r\n.\r\n" + envelope(2))
        #expect(talk.told == [])
        talk.server("250 2.0.0 Ok: queued as 77\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        #expect(talk.told == ["1 accepted 250"])
        #expect(talk.flight() == "Hi\r\n.\r\n")
        talk.server("250 ok\r\n")
        #expect(talk.told == ["1 accepted 250", "2 accepted 250"])
        #expect(talk.standing == .ready)
        talk.dialogue.quit(now: talk.now)
        #expect(talk.flight() == "QUIT\r\n")
        talk.server("221 bye\r\n")
        #expect(talk.standing == .over)
        #expect(talk.dialogue.failure == nil)
    }

    @Test func `without PIPELINING one command goes per round trip`() {
        var talk = Conversation(SMTPExtensions())
        talk.start(1)
        for (said, answer) in [
            ("MAIL FROM:<s@a.example>\r\n", "250 ok\r\n"), ("RCPT TO:<r1@b.example>\r\n", "550 no\r\n"),
        ] {
            #expect(talk.flight() == said)
            #expect(talk.standing == .busy)
            talk.server(answer)
        }
        #expect(talk.told == ["1 refused 550 recipient"])
        #expect(talk.standing == .ready)
        talk.start(2)
        for (said, answer) in [
            ("RSET\r\n", "250 ok\r\n"), ("MAIL FROM:<s@a.example>\r\n", "250 ok\r\n"),
            ("RCPT TO:<r2@b.example>\r\n", "250 ok\r\n"), ("DATA\r\n", "354 go\r\n"), ("Hi\r\n.\r\n", "250 ok\r\n"),
        ] {
            #expect(talk.flight() == said)
            #expect(talk.standing == .busy)
            talk.server(answer)
        }
        #expect(talk.told == ["1 refused 550 recipient", "2 accepted 250"])
        #expect(talk.standing == .ready)
    }

    @Test func `what the server announces and the message needs stands behind MAIL`() {
        var extensions = Conversation.pipelining
        extensions.size = true
        extensions.eightBitMIME = true
        extensions.smtpUTF8 = true
        var talk = Conversation(extensions)
        var submission = message(1)
        submission.has8Bit = true
        submission.needsSMTPUTF8 = true
        submission.recipient = "jürgen@bücher.example"
        talk.dialogue.start(submission, now: talk.now)
        let mail = "MAIL FROM:<s@a.example> SIZE=4 BODY=8BITMIME SMTPUTF8\r\n"
        #expect(talk.flight() == mail + "RCPT TO:<jürgen@bücher.example>\r\nDATA\r\n")
    }

    struct Obstacle: Sendable {
        var change: @Sendable (inout SMTPSubmission, inout SMTPExtensions) -> Void
        var expected: SMTPOutcome.Obstacle?
    }

    @Test(arguments: [
        Obstacle(change: { message, _ in message.sender = "" }),
        Obstacle(change: { message, _ in message.recipient = #""john doe"@b.example"# }),
        Obstacle(change: { message, _ in message.recipient = "" }, expected: .address("")),
        Obstacle(change: { message, _ in message.recipient = "a@b\r\nDATA" }, expected: .address("a@b\r\nDATA")),
        Obstacle(change: { message, _ in message.sender = "a@b> X" }, expected: .address("a@b> X")),
        Obstacle(change: { message, _ in message.sender = "a b@c" }, expected: .address("a b@c")),
        Obstacle(change: { message, _ in message.sender = #""a@b"# }, expected: .address(#""a@b"#)),
        Obstacle(change: { message, _ in message.recipient = "ü@b" }, expected: .address("ü@b")),
        Obstacle(change: { message, _ in message.needsSMTPUTF8 = true }, expected: .smtpUTF8),
        Obstacle(change: { message, _ in message.has8Bit = true }, expected: .eightBit),
        Obstacle(change: { _, extensions in extensions.sizeLimit = 3 }, expected: .size(limit: 3)),
        Obstacle(change: { _, extensions in extensions.sizeLimit = 4 }),
    ])
    func `a message that the server cannot take is known before anything is sent`(_ row: Obstacle) {
        var submission = message(1)
        var extensions = SMTPExtensions()
        row.change(&submission, &extensions)
        let dialogue = SMTPDialogue(extensions: extensions, now: 0)
        #expect(dialogue.obstacle(to: submission) == row.expected)
    }

    @Test(arguments: [
        ("250 ok\r\n550 no\r\n554 no valid recipients\r\n", "refused 550 recipient", ""),
        ("250 ok\r\n550 no\r\n354 go\r\n", "refused 550 recipient", ".\r\n"),
        ("250 ok\r\n450 later\r\n503 no\r\n", "refused 450 recipient", ""),
        ("530 authenticate\r\n503 no\r\n503 no\r\n", "refused 530 mail", ""),
        ("550 no\r\n503 no\r\n354 go\r\n", "refused 550 mail", ".\r\n"),
        ("250 ok\r\n251 ok\r\n452 full\r\n", "refused 452 data", ""),
        ("250 ok\r\n250 ok\r\n554 no\r\n", "refused 554 data", ""),
        ("250-ok\r\n250 ok\r\n550-no\r\n550 never\r\n554 no\r\n", "refused 550 recipient", ""),
    ])
    func `a refused envelope is told, and RSET goes with the next one`(
        _ answers: String,
        outcome: String,
        dot: String
    ) {
        var talk = Conversation()
        talk.start(1)
        _ = talk.flight()
        talk.server(answers)
        #expect(talk.told == ["1 " + outcome])
        #expect(talk.standing == .ready)
        talk.start(2)
        #expect(talk.flight() == dot + "RSET\r\n" + envelope(2))
        if !dot.isEmpty { talk.server("554 nothing there\r\n") }
        talk.server("250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        #expect(talk.flight() == "Hi\r\n.\r\n")
        talk.server("250 ok\r\n")
        #expect(talk.told == ["1 " + outcome, "2 accepted 250"])
    }

    @Test func `no lone dot goes out when it could deliver an empty message`() {
        var talk = Conversation()
        talk.start(1)
        _ = talk.flight()
        talk.server("550 no\r\n250 ok\r\n354 go\r\n")
        #expect(talk.flight() == "")
        #expect(talk.told == ["1 refused 550 mail"])
        #expect(talk.standing == .over)
    }

    @Test func `a refused body leaves the envelope behind it alone`() {
        var talk = Conversation()
        talk.start(1)
        _ = talk.flight()
        talk.server("250 ok\r\n250 ok\r\n354 go\r\n")
        talk.start(2)
        _ = talk.flight()
        talk.server("554 5.7.1 spam\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        #expect(talk.flight() == "Hi\r\n.\r\n")
        talk.server("250 ok\r\n")
        #expect(talk.told == ["1 refused 554 final_dot", "2 accepted 250"])
    }

    struct Ending: Sendable, CustomTestStringConvertible {
        var answers: String
        var lost: [String]
        var closed: [String]
        var garbage: [String]

        var testDescription: String { answers.debugDescription }
    }

    /// The second message's envelope waits behind the first one's body.
    @Test(arguments: [
        Ending(
            answers: "",
            lost: ["1 uncertain connection_lost", "2 returned"],
            closed: ["1 refused 421 final_dot", "2 returned"],
            garbage: ["1 uncertain garbage", "2 returned"]
        ),
        Ending(
            answers: "250 ok\r\n",
            lost: ["1 accepted 250", "2 returned"],
            closed: ["1 accepted 250", "2 returned"],
            garbage: ["1 accepted 250", "2 failed mail garbage"]
        ),
        Ending(
            answers: "250 ok\r\n250 ok\r\n",
            lost: ["1 accepted 250", "2 failed recipient connection_lost"],
            closed: ["1 accepted 250", "2 failed recipient refused"],
            garbage: ["1 accepted 250", "2 failed recipient garbage"]
        ),
        Ending(
            answers: "250 ok\r\n250 ok\r\n250 ok\r\n",
            lost: ["1 accepted 250", "2 failed data connection_lost"],
            closed: ["1 accepted 250", "2 failed data refused"],
            garbage: ["1 accepted 250", "2 failed data garbage"]
        ),
        Ending(
            answers: "250 ok\r\n250 ok\r\n550 no\r\n",
            lost: ["1 accepted 250", "2 refused 550 recipient"],
            closed: ["1 accepted 250", "2 refused 550 recipient"],
            garbage: ["1 accepted 250", "2 refused 550 recipient"]
        ),
        Ending(
            answers: "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
            lost: ["1 accepted 250", "2 failed body connection_lost"],
            closed: ["1 accepted 250", "2 failed body refused"],
            garbage: ["1 accepted 250", "2 failed body garbage"]
        ),
    ])
    func `each message gets the verdict that its place at the end deserves`(_ row: Ending) {
        for (end, expected) in [("", row.lost), ("421 bye\r\n", row.closed), ("what?\r\n", row.garbage)] {
            var talk = Conversation()
            talk.start(1)
            _ = talk.flight()
            talk.server("250 ok\r\n250 ok\r\n354 go\r\n")
            talk.start(2)
            _ = talk.flight()
            talk.server(row.answers)
            if end.isEmpty { talk.lose() } else { talk.server(end) }
            #expect(talk.told == expected)
            #expect(talk.standing == .over)
        }
    }

    @Test(arguments: [
        ("421 busy\r\n", "1 failed mail refused"), ("hello\r\n", "1 failed mail garbage"),
        ("354 go\r\n", "1 failed mail garbage"), ("", "1 failed mail connection_lost"),
    ])
    func `a session that has carried nothing yet gives no second chance`(_ end: String, expected: String) {
        var talk = Conversation()
        talk.start(1)
        _ = talk.flight()
        if end.isEmpty { talk.lose() } else { talk.server(end) }
        #expect(talk.told == [expected])
    }

    @Test(arguments: ["421 idle\r\n", ""])
    func `a message is returned when a used session is gone at its MAIL, three times at most`(_ end: String) {
        var submission = message(2)
        for round in 1...4 {
            var talk = Conversation()
            talk.start(1)
            _ = talk.flight()
            talk.server("550 no\r\n503 no\r\n503 no\r\n")
            talk.dialogue.start(submission, now: talk.now)
            _ = talk.flight()
            talk.server("250 reset\r\n")
            if end.isEmpty { talk.lose() } else { talk.server(end) }
            if round == 4 {
                #expect(talk.verdicts.reports.last?.tag == 2)
                #expect(talk.verdicts.returned.isEmpty)
            } else {
                #expect(talk.told == ["1 refused 550 mail", "2 returned"])
                submission = talk.verdicts.returned[0]
            }
        }
    }

    @Test func `RSET refused ends the session and gives the message back`() {
        var talk = Conversation()
        talk.start(1)
        _ = talk.flight()
        talk.server("250 ok\r\n550 no\r\n554 no\r\n")
        talk.start(2)
        _ = talk.flight()
        talk.server("500 what?\r\n")
        #expect(talk.told == ["1 refused 550 recipient", "2 returned"])
        #expect(talk.standing == .over)
    }

    @Test(arguments: ["421 timeout\r\n", "250 surprise\r\n"])
    func `words without a question end the session and harm nobody`(_ text: String) {
        var talk = Conversation()
        talk.server(text)
        #expect(talk.standing == .over)
        #expect(talk.dialogue.failure?.reply?.code == Int(text.prefix(3)))
        #expect(talk.told == [])
    }

    @Test(arguments: [
        ("452 full\r\n", "1 refused 452 body"), ("250 thanks\r\n", "1 failed body garbage"),
        ("421 bye\r\n", "1 failed body refused"),
    ])
    func `an answer before the final dot has left ends the session`(_ answer: String, expected: String) {
        var talk = Conversation()
        talk.start(1, data: String(repeating: "0123456789\r\n", count: 20_000))
        _ = talk.flight()
        talk.server("250 ok\r\n250 ok\r\n354 go\r\n")
        let count = talk.waiting()
        #expect(count > 50_000)
        talk.dialogue.sent(count, now: talk.now)
        talk.server(answer)
        #expect(talk.told == [expected])
        #expect(talk.standing == .over)
    }

    @Test(arguments: [(0, "failed body"), (3, "failed body"), (4, "failed body"), (5, "uncertain"), (7, "uncertain")])
    func `one byte of the final dot makes the loss uncertain`(_ taken: Int, expected: String) {
        var talk = Conversation()
        talk.start(1)
        _ = talk.flight()
        talk.server("250 ok\r\n250 ok\r\n354 go\r\n")
        #expect(talk.waiting() == 7)
        talk.dialogue.sent(taken, now: talk.now)
        talk.lose()
        #expect(talk.told == ["1 \(expected) connection_lost"])
    }

    @Test func `a final dot that was handed to TLS counts as gone`() {
        var talk = Conversation()
        talk.start(1)
        _ = talk.flight()
        talk.server("250 ok\r\n250 ok\r\n354 go\r\n")
        talk.dialogue.offered()
        talk.lose()
        #expect(talk.told == ["1 uncertain connection_lost"])
    }

    @Test func `a long body streams, and no envelope follows it before its answer`() {
        let body = String(repeating: ".line\r\n", count: 50_000)
        var talk = Conversation()
        talk.start(1, data: body)
        _ = talk.flight()
        talk.server("250 ok\r\n250 ok\r\n354 go\r\n")
        #expect(talk.standing == .busy)
        #expect(talk.waiting() <= SMTPOutput.capacity)
        #expect(talk.flight() == String(repeating: "..line\r\n", count: 50_000) + ".\r\n")
        #expect(talk.standing == .busy)
        talk.server("250 ok\r\n")
        #expect(talk.standing == .ready)
        #expect(talk.told == ["1 accepted 250"])
    }

    @Test(arguments: [
        (0, SMTPPhase.mail, Duration.seconds(300)), (1, .recipient, .seconds(300)), (2, .data, .seconds(120)),
        (3, .finalDot, .seconds(600)),
    ])
    func `each answer has the time that RFC 5321 gives it`(_ answers: Int, phase: SMTPPhase, limit: Duration) {
        var talk = Conversation()
        talk.start(1)
        _ = talk.flight()
        for answer in ["250 ok\r\n", "250 ok\r\n", "354 go\r\n"].prefix(answers) {
            talk.pass(.seconds(100))
            talk.server(answer)
        }
        _ = talk.flight()
        #expect(talk.dialogue.phase == phase)
        talk.server("250-half an ans")
        talk.pass(limit - .milliseconds(1))
        #expect(talk.told == [])
        talk.pass(.milliseconds(1))
        let kind = phase == .finalDot ? "uncertain" : "failed \(phase.rawValue)"
        #expect(talk.told == ["1 \(kind) timeout"])
        #expect(talk.standing == .over)
    }

    @Test func `a body that the server does not take has three minutes a block`() {
        var talk = Conversation()
        talk.start(1, data: String(repeating: "x", count: 300_000))
        _ = talk.flight()
        talk.server("250 ok\r\n250 ok\r\n354 go\r\n")
        for _ in 1...3 {
            _ = talk.waiting()
            talk.pass(.seconds(179))
            talk.dialogue.sent(1000, now: talk.now)
        }
        #expect(talk.told == [])
        talk.pass(.seconds(180))
        #expect(talk.told == ["1 failed body timeout"])
    }

    @Test func `answers may be cut anywhere`() {
        let answers = """
            250-2.1.0 Sender\r\n250 ok\r\n250 2.1.5 ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n
            """.replacing("\n\n", with: "\n")
        let rest = "250-2.0.0\r\n250 Ok: queued\r\n250 ok\r\n550-5.1.1 no\r\n550 5.1.1 such user\r\n554 none\r\n"
        for cut in 0...answers.utf8.count + rest.utf8.count {
            var talk = Conversation()
            talk.start(1)
            var said = talk.flight()
            talk.feed(answers, cut: cut)
            talk.start(2)
            said += talk.flight()
            talk.feed(rest, cut: cut - answers.utf8.count)
            said += talk.flight()
            #expect(said == envelope(1) + "Hi\r\n.\r\n" + envelope(2))
            #expect(talk.told == ["1 accepted 250", "2 refused 550 recipient"])
            guard case .refused(let reply, _) = talk.verdicts.reports.last?.outcome else { continue }
            #expect(reply.text == "5.1.1 no\n5.1.1 such user")
            #expect(reply.enhanced == EnhancedStatus(5, 1, 1))
        }
    }

    @Test func `any order of the server's answers tells every message exactly once`() {
        let answers = [
            "250 ok", "354 go", "421 bye", "450 later", "550 no", "550-no\r\n550 no", "junk", "299 x", "399 y",
        ]
        var random = Seeded(state: 7)
        for _ in 0..<3000 {
            var talk = Conversation(Bool.random(using: &random) ? Conversation.pipelining : SMTPExtensions())
            var started: UInt64 = 0
            for _ in 0..<40 where !talk.dialogue.isOver {
                while talk.dialogue.canStart, started < 6, Bool.random(using: &random) {
                    started += 1
                    talk.start(started)
                }
                if Bool.random(using: &random) { _ = talk.flight() }
                let answer = Int.random(in: 0..<100, using: &random) < 70 ? 0 : Int.random(in: 0..<9, using: &random)
                if talk.dialogue.phase == .data, Bool.random(using: &random) {
                    talk.server("354 go\r\n")
                } else {
                    talk.server(answers[answer] + "\r\n")
                }
            }
            if !talk.dialogue.isOver { talk.lose() }
            let tags = talk.verdicts.reports.map(\.tag) + talk.verdicts.returned.map(\.tag)
            #expect(tags.sorted() == Array(1..<(started + 1)))
        }
    }
}

extension Conversation {
    /// The text in two pieces; a cut outside of it makes one of them empty.
    fileprivate mutating func feed(_ text: String, cut: Int) {
        let bytes = Array(text.utf8)
        let place = min(max(cut, 0), bytes.count)
        server(Array(bytes[..<place]))
        server(Array(bytes[place...]))
    }
}

/// The same numbers at each run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
