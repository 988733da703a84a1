import Synchronization
import TestSupport
import Testing

@testable import Curl

@Suite struct SMTPPoolTests {
    @Test(arguments: [["PIPELINING"], []])
    func `messages go over the sessions that the limit allows, every one exactly once`(_ extensions: [String])
        async throws
    {
        try await PoolBench.run(extensions: extensions, settings: { $0.connections = 3 }) { bench in
            let sent = (1...200).map { message($0, data: "Number \($0)\r\n.dot\r\n") }
            let outcomes = await bench.send(sent)
            #expect(outcomes == Array(repeating: "accepted 250", count: 200))
            let seen = bench.server.seen
            #expect(seen.bodies.count == 200)
            #expect(Set(seen.bodies).count == 200)
            #expect(seen.bodies.contains("Number 7\n..dot\n"))
            #expect(seen.mostOpen <= 3)
            #expect(seen.lines.contains("1 EHLO client.example"))
            let snapshot = await bench.pool.snapshot
            #expect(snapshot.queued == 0 && snapshot.inFlight == 0)
            #expect(snapshot.connections == snapshot.idle)
            #expect(snapshot.extensions?.pipelining == !extensions.isEmpty)
        }
    }

    @Test func `a session is used again, and ends with QUIT after its messages`() async throws {
        try await PoolBench.run(settings: {
            $0.connections = 1
            $0.messagesPerConnection = 3
        }) { bench in
            for tag: UInt64 in 1...7 {
                #expect(await bench.send([message(tag)]) == ["accepted 250"])
            }
            #expect(bench.server.seen.connections == 3)
            await bench.pool.close()
            #expect(bench.server.seen.lines.count { $0.hasSuffix("QUIT") } == 3)
        }
    }

    @Test func `an idle session ends with QUIT`() async throws {
        try await PoolBench.run(settings: { $0.idleSeconds = 0 }) { bench in
            #expect(await bench.send([message(1)]) == ["accepted 250"])
            while await bench.pool.snapshot.connections > 0 { await Task.yield() }
            #expect(bench.server.seen.lines.last == "1 QUIT")
            #expect(await bench.send([message(2)]) == ["accepted 250"])
            #expect(bench.server.seen.connections == 2)
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var step: String
        var act: ScriptedSMTPServer.Act
        var expected: String
        var testDescription: String { "\(step) \(act)" }

        init(_ step: String, _ act: ScriptedSMTPServer.Act, _ expected: String) {
            self.step = step
            self.act = act
            self.expected = expected
        }
    }

    static let rows: [Row] = [
        Row("greeting", .silence, "connectFailed timeout"),
        Row("greeting", .close, "connectFailed connection_lost"),
        Row("greeting", .say("421 busy\r\n"), "connectFailed refused"),
        Row("greeting", .sayAndClose("421 busy\r\n"), "connectFailed refused"),
        Row("greeting", .say("554 no\r\n"), "connectFailed refused"),
        Row("greeting", .say("HTTP/1.1 400 Bad Request\r\n"), "connectFailed garbage"),
        Row("greeting", .sayAndFallSilent("220-half"), "connectFailed timeout"),
        Row("EHLO", .silence, "connectFailed timeout"),
        Row("EHLO", .close, "connectFailed connection_lost"),
        Row("EHLO", .sayAndClose("421 busy\r\n"), "connectFailed refused"),
        Row("EHLO", .say("junk\r\n"), "connectFailed garbage"),
        Row("MAIL", .silence, "failed mail timeout"),
        Row("MAIL", .sayAndFallSilent("250-half"), "failed mail timeout"),
        Row("MAIL", .close, "failed mail connection_lost"),
        Row("MAIL", .say("451 later\r\n"), "refused 451 mail"),
        Row("MAIL", .say("530 5.7.0 authenticate\r\n"), "refused 530 mail"),
        Row("MAIL", .sayAndClose("421 bye\r\n"), "failed mail refused"),
        Row("MAIL", .say("junk\r\n"), "failed mail garbage"),
        Row("RCPT", .silence, "failed recipient timeout"),
        Row("RCPT", .sayAndFallSilent("250-half"), "failed recipient timeout"),
        Row("RCPT", .close, "failed recipient connection_lost"),
        Row("RCPT", .say("450 later\r\n"), "refused 450 recipient"),
        Row("RCPT", .say("550 5.1.1 no\r\n"), "refused 550 recipient"),
        Row("RCPT", .sayAndClose("421 bye\r\n"), "failed recipient refused"),
        Row("RCPT", .say("junk\r\n"), "failed recipient garbage"),
        Row("DATA", .silence, "failed data timeout"),
        Row("DATA", .sayAndFallSilent("354-half"), "failed data timeout"),
        Row("DATA", .close, "failed data connection_lost"),
        Row("DATA", .say("451 later\r\n"), "refused 451 data"),
        Row("DATA", .say("554 no\r\n"), "refused 554 data"),
        Row("DATA", .sayAndClose("421 bye\r\n"), "failed data refused"),
        Row("DATA", .say("junk\r\n"), "failed data garbage"),
        Row("body", .stall, "failed body timeout"),
        Row("body", .sayAndClose("452 full\r\n"), "refused 452 body"),
        Row(".", .silence, "uncertain timeout"),
        Row(".", .sayAndFallSilent("250-half"), "uncertain timeout"),
        Row(".", .close, "uncertain connection_lost"),
        Row(".", .say("451 later\r\n"), "refused 451 final_dot"),
        Row(".", .say("554 5.7.1 spam\r\n"), "refused 554 final_dot"),
        Row(".", .sayAndClose("421 bye\r\n"), "refused 421 final_dot"),
        Row(".", .say("junk\r\n"), "uncertain garbage"),
        Row(".", .say("354 what\r\n"), "uncertain garbage"),
    ]

    /// The first message meets the trouble, the second one gets through on the same session or another.
    @Test(arguments: rows, [["PIPELINING"], []])
    func `whatever the server does, the outcome says what is known`(_ row: Row, _ extensions: [String]) async throws {
        let isOpening = row.step == "greeting" || row.step == "EHLO"
        let isTimeout = row.expected.hasSuffix("timeout")
        let script: ScriptedSMTPServer.Script = { moment in
            guard moment.step == row.step, isOpening ? moment.connection == 1 : moment.mails == 1 else { return nil }
            return row.act
        }
        try await PoolBench.run(
            extensions: extensions,
            script: script,
            settings: { settings in
                settings.connections = 1
                guard isTimeout else { return }
                switch row.step {
                case "greeting": settings.timeouts.greeting = .seconds(1)
                case "EHLO": settings.timeouts.command = .seconds(1)
                case "MAIL": settings.timeouts.mail = .seconds(1)
                case "RCPT": settings.timeouts.recipient = .seconds(1)
                case "DATA": settings.timeouts.data = .seconds(1)
                case "body": settings.timeouts.dataBlock = .seconds(1)
                default: settings.timeouts.finalDot = .seconds(1)
                }
            }
        ) { bench in
            let body = row.step == "body" ? String(repeating: "0123456789\r\n", count: 1_000_000) : "Hi\r\n"
            #expect(await bench.send([message(1, data: body)]) == [row.expected])
            #expect(await bench.send([message(2)]) == ["accepted 250"])
        }
    }

    @Test func `nobody listening is told with one message, the others wait for a withdrawal`() async throws {
        try await PoolBench.run(settings: {
            $0.port = 1
            $0.retryPause = .seconds(3600)
        }) { bench in
            bench.pool.submit([message(1), message(2), message(3)])
            #expect(await bench.outcomes(1) == [1: "connectFailed connect"])
            bench.pool.withdraw()
            #expect(await bench.outcomes(2) == [2: "notStarted withdrawn", 3: "notStarted withdrawn"])
            #expect(await bench.pool.snapshot.lastConnectFailure?.reason == .connect)
        }
    }

    @Test func `a name that does not exist is a failure to resolve`() async throws {
        try await PoolBench.run(settings: { $0.host = "does-not-exist.invalid" }) { bench in
            #expect(await bench.send([message(1)]) == ["connectFailed resolve"])
        }
    }

    @Test func `credentials without AUTH on offer are an error`() async throws {
        let change = { @Sendable (settings: inout SMTPSettings) in
            settings.username = "me"
            settings.password = "secret"
        }
        try await PoolBench.run(settings: change) { bench in
            #expect(await bench.send([message(1)]) == ["credentialsRefused credentials"])
        }
    }

    @Test(arguments: [
        ("235 welcome\r\n", "accepted 250"), ("535 5.7.8 no\r\n", "credentialsRefused credentials"),
        ("454 4.7.0 later\r\n", "connectFailed refused"),
    ])
    func `AUTH PLAIN is answered`(_ answer: String, expected: String) async throws {
        let script: ScriptedSMTPServer.Script = { moment in
            switch moment.step {
            case "AUTH": .say("334 \r\n")
            case "AG1L": .say(answer)
            default: nil
            }
        }
        try await PoolBench.run(
            extensions: ["PIPELINING", "AUTH GSSAPI CRAM-MD5 PLAIN"],
            script: script,
            settings: {
                $0.username = "me"
                $0.password = "secret"
            }
        ) { bench in
            #expect(await bench.send([message(1)]) == [expected])
            #expect(bench.server.seen.lines.contains("1 AUTH PLAIN"))
            #expect(bench.server.seen.lines.contains("1 AG1lAHNlY3JldA=="))
        }
    }

    @Test(arguments: [("good", "accepted 250"), ("bad", "credentialsRefused credentials")])
    func `a refused bearer token is fetched anew once`(_ second: String, expected: String) async throws {
        let asked = Mutex<[Bool]>([])
        let script: ScriptedSMTPServer.Script = { moment in
            switch moment.step {
            case "AUTH": .say("334 \r\n")
            case "greeting", "EHLO", "MAIL", "RCPT", "DATA", "body", ".", "QUIT": nil
            default: .say(moment.connection == 2 && second == "good" ? "235 welcome\r\n" : "535 no\r\n")
            }
        }
        try await PoolBench.run(
            extensions: ["AUTH PLAIN XOAUTH2"],
            script: script,
            settings: {
                $0.username = "me"
                $0.bearerToken = { afterRefusal in
                    asked.withLock { $0.append(afterRefusal) }
                    return afterRefusal ? second : "old"
                }
            }
        ) { bench in
            #expect(await bench.send([message(1)]) == [expected])
            #expect(asked.withLock { $0 } == [false, true])
            #expect(bench.server.seen.connections == 2)
        }
    }

    struct NoToken: Error {}

    @Test func `without a token there is no connection`() async throws {
        try await PoolBench.run(settings: { $0.bearerToken = { _ in throw NoToken() } }) { bench in
            #expect(await bench.send([message(1)]) == ["credentialsRefused token"])
            #expect(bench.server.seen.connections == 0)
        }
    }

    @Test func `STARTTLS required but not offered is no session`() async throws {
        try await PoolBench.run(settings: { $0.tls = .required }) { bench in
            #expect(await bench.send([message(1)]) == ["connectFailed tls"])
        }
    }

    @Test func `what is past its time does not start`() async throws {
        try await PoolBench.run { bench in
            var late = message(1)
            late.startBy = MonotonicClock.now()
            var early = message(2)
            early.startBy = MonotonicClock.now() + 3_600_000_000_000
            #expect(await bench.send([late, early]) == ["notStarted stale", "accepted 250"])
            #expect(bench.server.seen.bodies.count == 1)
        }
    }

    @Test func `what waits for a busy session comes back when its time has passed`() async throws {
        let script: ScriptedSMTPServer.Script = { $0.step == "." ? .silence : nil }
        try await PoolBench.run(extensions: [], script: script, settings: { $0.connections = 1 }) { bench in
            bench.pool.submit([message(1)])
            while await bench.pool.snapshot.inFlight == 0 { await Task.yield() }
            var waiting = message(2)
            waiting.startBy = MonotonicClock.now() + 50_000_000
            bench.pool.submit([waiting])
            #expect(await bench.outcomes(1) == [2: "notStarted stale"])
            bench.pool.abort()
            #expect(await bench.outcomes(1) == [1: "uncertain aborted"])
        }
    }

    @Test func `a message that a 421 leaves behind goes on another session`() async throws {
        let script: ScriptedSMTPServer.Script = { moment in
            moment.step == "." && moment.mails <= 2 && moment.connection == 1 ? .sayAndClose("421 bye\r\n") : nil
        }
        try await PoolBench.run(script: script, settings: { $0.connections = 1 }) { bench in
            #expect(
                await bench.send([message(1), message(2), message(3)])
                    == ["refused 421 final_dot", "accepted 250", "accepted 250"]
            )
        }
    }

    @Test func `a session that the server closed while idle harms no message`() async throws {
        let script: ScriptedSMTPServer.Script = { moment in
            moment.step == "." && moment.connection < 3 ? .sayAndClose("250 ok\r\n") : nil
        }
        try await PoolBench.run(script: script, settings: { $0.connections = 1 }) { bench in
            for tag: UInt64 in 1...4 { #expect(await bench.send([message(tag)]) == ["accepted 250"]) }
            #expect(bench.server.seen.connections == 3)
        }
    }

    @Test func `more sessions than the server wants cost no message`() async throws {
        let script: ScriptedSMTPServer.Script = { moment in
            moment.step == "greeting" && moment.connection > 1 ? .sayAndClose("421 too many\r\n") : nil
        }
        try await PoolBench.run(
            script: script,
            settings: {
                $0.connections = 8
                $0.retryPause = .seconds(3600)
            }
        ) { bench in
            let outcomes = await bench.send((1...300).map { message($0) })
            #expect(outcomes == Array(repeating: "accepted 250", count: 300))
            #expect(bench.server.seen.connections <= 8)
        }
    }

    @Test func `closing lets the wire come to its end and gives back the rest`() async throws {
        try await PoolBench.run(settings: { $0.connections = 2 }) { bench in
            bench.pool.submit((1...100).map { message($0) })
            _ = await bench.outcomes(1)
            await bench.pool.close()
            let rest = await bench.outcomes(99)
            #expect(Set(rest.values).isSubset(of: ["accepted 250", "notStarted withdrawn"]))
            #expect(bench.server.seen.bodies.count == rest.values.count { $0 == "accepted 250" } + 1)
            bench.pool.submit([message(101)])
            #expect(await bench.outcomes(1) == [101: "notStarted withdrawn"])
        }
    }

    @Test func `stopping the thread tells everything`() async throws {
        let script: ScriptedSMTPServer.Script = { $0.step == "." ? .silence : nil }
        let server = try ScriptedSMTPServer(script: script)
        var settings = SMTPSettings(host: "127.0.0.1", port: server.port)
        settings.tls = .none
        settings.connections = 1
        let thread = NetworkThread()
        thread.start()
        let told = Mutex<[String]>([])
        let pool = SMTPPool(name: "test", settings: settings, thread: thread) { reports in
            told.withLock { $0 += reports.map { "\($0.tag) \($0.outcome.brief)" } }
        }
        pool.submit((1...4).map { message($0) })
        while await pool.snapshot.sessions.first?.phase != .finalDot { await Task.yield() }
        thread.stop()
        #expect(
            told.withLock { $0.sorted() } == [
                "1 uncertain aborted", "2 notStarted withdrawn", "3 notStarted withdrawn", "4 notStarted withdrawn",
            ]
        )
        pool.submit([message(5)])
        #expect(told.withLock { $0.last } == "5 notStarted withdrawn")
        await pool.close()
        #expect(await pool.snapshot == SMTPPoolSnapshot())
        server.stop()
    }
}
