import Testing

@Suite("What a server's answer makes of a message, as 'message show --json' tells")
struct OutcomeTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var rule: Peer.Rule
        var uncertain = "retry"
        var state: String
        var reason: String?
        var attempts = 1
        /// Kind and detail of the only attempt.
        var event: String?
        var detail: String?
        /// What `work --until-empty` ends with.
        var code: Int32 = 0

        var testDescription: String { name }
    }

    static let refusals: [Case] = [
        ("MAIL", "mail"), ("RCPT", "recipient"), ("DATA", "data"), (".", "final_dot"),
    ].flatMap { step, phase in
        return [
            Case(
                name: "450 to \(step)",
                rule: .init(at: step, say: "450 4.2.1 Mailbox is busy"),
                state: "waiting",
                reason: "temporary",
                event: "retry",
                detail: "temporary: \(phase): 450 4.2.1 Mailbox is busy"
            ),
            Case(
                name: "550 to \(step)",
                rule: .init(at: step, say: "550 5.2.1 Mailbox is closed"),
                state: "failed",
                reason: "permanent",
                event: "rejected",
                detail: "permanent: \(phase): 550 5.2.1 Mailbox is closed"
            ),
            Case(
                name: "550 5.1.1 to \(step)",
                rule: .init(at: step, say: "550 5.1.1 Nobody of that name"),
                state: "failed",
                reason: step == "MAIL" ? "permanent" : "recipient",
                event: "rejected",
                detail: "\(step == "MAIL" ? "permanent" : "recipient"): \(phase): 550 5.1.1 Nobody of that name"
            ),
            Case(
                name: "550 5.7.1 to \(step)",
                rule: .init(at: step, say: "550 5.7.1 Not by our rules"),
                state: "failed",
                reason: "policy",
                event: "rejected",
                detail: "policy: \(phase): 550 5.7.1 Not by our rules"
            ),
            Case(
                name: "an answer of several lines to \(step)",
                rule: .init(at: step, say: "550-5.2.1 Mailbox\r\n550 5.2.1 is closed"),
                state: "failed",
                reason: "permanent",
                event: "rejected",
                detail: "permanent: \(phase): 550 5.2.1 Mailbox\n5.2.1 is closed"
            ),
        ]
    }

    static let credentials: [Case] = [
        Case(
            name: "530 to MAIL",
            rule: .init(at: "MAIL", say: "530 5.7.0 Authentication required"),
            state: "waiting",
            attempts: 0,
            code: 75
        ),
        Case(
            name: "535 to MAIL",
            rule: .init(at: "MAIL", say: "535 5.7.8 Who are you?"),
            state: "waiting",
            attempts: 0,
            code: 75
        ),
        Case(
            name: "550 5.7.8 to RCPT",
            rule: .init(at: "RCPT", say: "550 5.7.8 Who are you?"),
            state: "waiting",
            attempts: 0,
            code: 75
        ),
    ]

    static let losses: [Case] = [
        Case(
            name: "421 to RCPT",
            rule: .init(at: "RCPT", say: "421 4.3.2 Closing", then: .close),
            state: "waiting",
            reason: "temporary",
            event: "retry"
        ),
        Case(
            name: "closed after the greeting",
            rule: .init(at: "CONNECT", then: .close),
            state: "waiting",
            event: "retry"
        ),
        Case(
            name: "closed after MAIL",
            rule: .init(at: "MAIL", then: .close),
            state: "waiting",
            reason: "connection",
            event: "retry"
        ),
        Case(
            name: "closed after DATA",
            rule: .init(at: "DATA", then: .close),
            state: "waiting",
            reason: "connection",
            event: "retry"
        ),
        Case(
            name: "closed after the final dot",
            rule: .init(at: ".", then: .close),
            state: "waiting",
            reason: "connection",
            event: "uncertain"
        ),
        Case(
            name: "closed after the final dot, to be held",
            rule: .init(at: ".", then: .close),
            uncertain: "hold",
            state: "held",
            reason: "uncertain"
        ),
        Case(
            name: "silence after the final dot, to be held",
            rule: .init(at: ".", then: .silence),
            uncertain: "hold",
            state: "held",
            reason: "uncertain"
        ),
        Case(
            name: "silence after RCPT",
            rule: .init(at: "RCPT", then: .silence),
            state: "waiting",
            reason: "timeout",
            event: "retry"
        ),
        Case(
            name: "nonsense to MAIL",
            rule: .init(at: "MAIL", say: "Bonjour!"),
            state: "waiting",
            reason: "garbage",
            event: "retry"
        ),
        Case(
            name: "nonsense after the final dot",
            rule: .init(at: ".", say: "Bonjour!"),
            state: "waiting",
            reason: "garbage",
            event: "uncertain"
        ),
    ]

    @Test("each refusal", arguments: refusals)
    func refusal(_ example: Case) async throws { try await check(example) }

    @Test("refused credentials stop the lane; the message waits and no attempt is spent", arguments: credentials)
    func refusedCredentials(_ example: Case) async throws { try await check(example) }

    @Test("lost connections, silence and nonsense", arguments: losses)
    func loss(_ example: Case) async throws { try await check(example) }

    private func check(_ example: Case) async throws {
        let sink = try await Peer.sink(.init(rules: [example.rule]))
        let site = try Site(
            sendingTo: sink.url,
            transport: ["connections: 1", "command_timeout: 2s", "final_timeout: 2s"],
            channel: ["retry: {first: 1h}", "uncertain: \(example.uncertain)"]
        )
        try await site.enqueue([Mail("m")])
        let outcome = try await site.dunlin("work", "--until-empty")
        #expect(outcome.code == example.code, "\(outcome.errors)")
        let message = try await site.message("m")
        #expect(message.state == example.state)
        if let reason = example.reason { #expect(message.reason == reason) }
        #expect(message.attempts == example.attempts)
        let event = message.events.first
        if let kind = example.event {
            #expect(message.events.map(\.kind) == [kind])
            #expect(event?.transport == "smtp")
        }
        if let detail = example.detail { #expect(event?.detail == detail) }
        if example.attempts == 0 { #expect(message.events.isEmpty) }
        if example.code == 75 {
            let lane = try #require(try await site.status().lanes.first)
            #expect(lane.reason?.contains("5.7.") == true)
            #expect(outcome.errors.contains("dunlin: lane email: smtp is stopped, its messages wait: "))
        }
    }

    @Test("a refused recipient does not harm the messages that share its session")
    func neighbours() async throws {
        let sink = try await Peer.sink(.init(rules: [.init(at: "RCPT", to: "gone", say: "550 5.2.1 Closed")]))
        let site = try Site(sendingTo: sink.url, transport: ["connections: 2"])
        let mails = (0..<100).map {
            Mail("m-\($0)", to: $0.isMultiple(of: 3) ? "gone@example.com" : "here@example.com")
        }
        try await site.enqueue(mails)
        try await site.run("work", "--until-empty")
        let status = try await site.status()
        #expect(status.count("failed") == 34)
        #expect(status.count("sent") == 66)
        #expect(Set(sink.arrivals.map(\.subject)) == Set(mails.filter { $0.to.hasPrefix("here") }.compactMap(\.key)))
        #expect(sink.arrivals.allSatisfy { $0.recipients == ["here@example.com"] })
    }

    @Test("a held message goes when it is approved, and ends when it is cancelled")
    func held() async throws {
        let sink = try await Peer.sink(.init(rules: [.init(at: ".", times: 2, then: .close)]))
        let site = try Site(sendingTo: sink.url, channel: ["uncertain: hold"])
        try await site.enqueue([Mail("a"), Mail("b")])
        try await site.run("work", "--until-empty")
        #expect(try await site.status().count("held") == 2)
        #expect(try await site.run("message", "approve", "a") == "Message 1: approved.\n")
        #expect(try await site.run("message", "cancel", "b") == "Message 2: cancelled.\n")
        try await site.run("work", "--until-empty")
        let a = try await site.message("a")
        #expect(a.state == "sent")
        #expect(a.events.map(\.kind) == ["uncertain", "held", "approved", "sent"])
        let b = try await site.message("b")
        #expect(b.state == "cancelled")
        #expect(b.events.map(\.kind) == ["uncertain", "held", "cancelled"])
        let copies = sink.arrivals.filter { $0.subject == "a" }
        #expect(copies.count == 2)
        #expect(Set(copies.map(\.messageId)).count == 1)
    }

    @Test("a failed message goes again when it is retried")
    func retried() async throws {
        let sink = try await Peer.sink(.init(rules: [.init(at: "RCPT", times: 1, say: "550 5.2.1 Closed")]))
        let site = try Site(sendingTo: sink.url)
        try await site.enqueue([Mail("a")])
        try await site.run("work", "--until-empty")
        #expect(try await site.message("a").state == "failed")
        try await site.run("message", "retry", "a")
        try await site.run("work", "--until-empty")
        let message = try await site.message("a")
        #expect(message.state == "sent")
        #expect(message.events.map(\.kind) == ["rejected", "replayed", "sent"])
    }

    @Test("an address that does not exist is not written to again until a person says so")
    func suppressed() async throws {
        let sink = try await Peer.sink(.init(rules: [.init(at: "RCPT", times: 1, say: "550 5.1.1 Nobody")]))
        let site = try Site(sendingTo: sink.url)
        try await site.enqueue([Mail("a")])
        try await site.run("work", "--until-empty")
        try await site.enqueue([Mail("b")])
        try await site.run("work", "--until-empty")
        let b = try await site.message("b")
        #expect(b.state == "blocked")
        #expect(b.reason == "the address does not exist: it bounced before")
        #expect(sink.arrivals.isEmpty)
        #expect(try await site.dunlin("opt-out", "check", "ada@example.com").code == 1)

        try await site.run("opt-out", "remove", "ada@example.com", "--channel", "email")
        try await site.run("message", "retry", "a")
        try await site.run("work", "--until-empty")
        #expect(try await site.message("a").state == "sent")
    }

    @Test("a message is given up when the time for retries is used up, and expires when its own is")
    func ends() async throws {
        let sink = try await Peer.sink(.init(rules: [.init(at: "RCPT", say: "450 4.2.1 Later")]))
        let site = try Site(sendingTo: sink.url, channel: ["retry: {first: 1h, give_up: 10m}"])
        var late = Mail("b")
        late.due = "2020-01-01T00:00:00Z"
        late.expires = "2020-01-02T00:00:00Z"
        try await site.enqueue([Mail("a"), late])
        try await site.run("work", "--until-empty")
        let a = try await site.message("a")
        #expect(a.state == "failed")
        #expect(a.reason == "gave_up")
        #expect(a.events.map(\.kind) == ["retry", "gave_up"])
        let b = try await site.message("b")
        #expect(b.state == "expired")
        #expect(b.attempts == 0)
        #expect(!sink.arrivals.contains { $0.subject == "b" })
    }
}
