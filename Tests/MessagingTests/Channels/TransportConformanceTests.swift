import Curl
import Foundation
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("Every transport")
struct TransportConformanceTests {
    /// A transport between a network thread and a server of its own.
    private struct Fixture {
        let subject: TransportSubject
        let side: any OtherSide
        let queued: QueueFixture
        let thread = NetworkThread()
        let transport: any Transport
        let reports = ReportBox()

        init(
            _ subject: TransportSubject,
            connections: Int = 2,
            milliseconds: Int = 10_000,
            _ side: any OtherSide
        ) async throws {
            self.subject = subject
            self.side = side
            queued = try await QueueFixture()
            thread.start()
            transport = try await subject.transport(
                TransportSubject.Place(
                    url: side.url,
                    thread: thread,
                    queued: queued,
                    connections: connections,
                    milliseconds: milliseconds
                )
            )
            transport.start { [reports] in reports.append($0) }
        }

        init(
            _ subject: TransportSubject,
            connections: Int = 2,
            milliseconds: Int = 10_000,
            _ script: @escaping @Sendable (Int) -> TransportSubject.Behaviour
        ) async throws {
            try await self.init(
                subject,
                connections: connections,
                milliseconds: milliseconds,
                try subject.otherSide(script)
            )
        }

        func deliver(_ ids: some Sequence<Int64>, startBy: UInt64 = .max) {
            transport.deliver(ids.map { subject.delivery($0, to: side.url, startBy: startBy) })
        }

        /// What came of one delivery.
        func outcome() async -> (outcome: Outcome?, sign: Breaker.Sign?) {
            deliver([1])
            let report = await reports.first(1)[0]
            guard case .outcome(let outcome) = report.result else { return (nil, report.sign) }
            return (outcome, report.sign)
        }

        func end() async {
            transport.abort()
            await transport.close()
            thread.stop()
            side.stop()
        }
    }

    // MARK: - What the other side says

    @Test("what the other side takes is accepted, once, and the lane works", arguments: TransportSubject.allCases)
    func accepted(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .accept }
        let (outcome, sign) = await fixture.outcome()
        guard case .accepted = outcome else { throw Problem(outcome) }
        #expect(sign == .working || subject == .outbox)
        #expect(fixture.side.taken == (TransportSubject.wired.contains(subject) ? 1 : 0))
        await fixture.end()
    }

    @Test("a call to slow down is a retry that keeps the wait that is asked for", arguments: TransportSubject.wired)
    func retry(subject: TransportSubject) async throws {
        for (after, expected) in [(7, 7000), (nil, subject.ownWait)] as [(Int?, Int64?)] {
            let fixture = try await Fixture(subject) { _ in .retry(after: after) }
            let (outcome, sign) = await fixture.outcome()
            guard case .retry(.temporary, _, let asked) = outcome else { throw Problem(outcome) }
            #expect(asked == expected)
            #expect(sign == subject.slowed(expected))
            await fixture.end()
        }
    }

    @Test("what is wrong with the message is a rejection, and the lane works", arguments: TransportSubject.wired)
    func rejected(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .reject }
        let (outcome, sign) = await fixture.outcome()
        guard case .rejected = outcome else { throw Problem(outcome) }
        #expect(sign == .working)
        await fixture.end()
    }

    @Test("what is our own fault costs the message nothing and stops the lane", arguments: TransportSubject.wired)
    func ourFault(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .refuseUs }
        let (outcome, sign) = await fixture.outcome()
        switch (outcome, subject) {
        case (.rejected(.policy, _), .webhookOfRecipient), (.retry(.temporary, _, nil), .subscribers): break
        case (.putBack, _) where !subject.goesToRecipients:
            guard case .ourFault = sign else { throw Problem(sign) }
        default: throw Problem(outcome)
        }
        await fixture.end()
    }

    // MARK: - What it does not say

    @Test(
        "an answer that is lost after the message has left is a doubt, unless the other side knows it when it comes again",
        arguments: TransportSubject.wired
    )
    func lost(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .lose }
        try expectDoubt(await fixture.outcome().outcome, subject)
        #expect(fixture.side.taken == 1 || subject.isIdempotent)
        await fixture.end()
    }

    @Test(
        "a kept connection that is closed under a message is no reason to send it twice",
        arguments: TransportSubject.wired
    )
    func lostOnKeptConnection(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject, connections: 1) { $0 == 1 ? .accept : .lose }
        fixture.deliver([1])
        _ = await fixture.reports.first(1)
        fixture.deliver([2])
        guard case .outcome(let outcome) = await fixture.reports.first(2)[1].result else { throw Problem("stale") }
        try expectDoubt(outcome, subject)
        if subject.isIdempotent {
            #expect(fixture.side.used < fixture.side.taken, "the connection was not kept")
        } else {
            #expect(fixture.side.taken == 2)
            #expect(fixture.side.used == 1, "the connection was not kept")
        }
        await fixture.end()
    }

    private func expectDoubt(_ outcome: Outcome?, _ subject: TransportSubject) throws {
        switch outcome {
        case .uncertain: #expect(!subject.isIdempotent)
        case .retry: #expect(subject.isIdempotent)
        default: throw Problem(outcome)
        }
    }

    @Test("a server that never answers is given up, and is a doubt", arguments: TransportSubject.wired)
    func silence(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject, milliseconds: 200) { _ in .silence }
        let (outcome, sign) = await fixture.outcome()
        try expectDoubt(outcome, subject)
        switch sign {
        case .connectFailed: #expect(!subject.goesToRecipients)
        case nil, .working: #expect(subject.goesToRecipients)
        default: throw Problem(sign)
        }
        await fixture.end()
    }

    @Test("nobody who listens is a retry: nothing has left", arguments: TransportSubject.wired)
    func nobody(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .lose }
        fixture.side.stop()
        let (outcome, _) = await fixture.outcome()
        guard case .retry(.connection, _, nil) = outcome else { throw Problem(outcome) }
        #expect(fixture.side.taken == 0)
        await fixture.end()
    }

    @Test("what is no answer is a doubt", arguments: TransportSubject.wired)
    func garbage(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .garbage }
        try expectDoubt(await fixture.outcome().outcome, subject)
        await fixture.end()
    }

    @Test(
        "a success that does not read like one is no acceptance",
        arguments: [TransportSubject.slack, .twilio, .gateway]
    )
    func unclear(subject: TransportSubject) async throws {
        for body in ["<html>Welcome</html>", "", "{", "null", String(repeating: "x", count: 100)] {
            let fixture = try await Fixture(subject, try ScriptedHTTPServer { _ in .answer(200, body) })
            guard case .uncertain(.garbage, _) = await fixture.outcome().outcome else { throw Problem(body) }
            await fixture.end()
        }
    }

    @Test("of very many words few are kept, and they are no acceptance", arguments: TransportSubject.wired)
    func oversize(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .oversize }
        let outcome = await fixture.outcome().outcome
        switch (outcome, subject) {
        // A line of a reply has an end (RFC 5321, 4.5.3.1.5): what has none is no reply.
        case (.uncertain(.garbage, let words), .smtp), (.retry(.temporary, let words, nil), .subscribers):
            #expect(words.utf8.count < 1000)
        case (.rejected(_, let words), _) where subject != .smtp && subject != .subscribers:
            #expect(words.utf8.count < 1000)
        default: throw Problem(outcome)
        }
        await fixture.end()
    }

    // MARK: - Ends

    @Test(
        "what has not begun is put back at once; what is on the wire ends by itself",
        arguments: TransportSubject.wired
    )
    func withdrawn(subject: TransportSubject) async throws {
        let gate = DispatchSemaphore(value: 0)
        let hasBegun = Toggle(false)
        let fixture = try await Fixture(subject, connections: 1) { number in
            if number == 1 {
                hasBegun.isOn = true
                gate.wait()
                gate.signal()
            }
            return .accept
        }
        let ids = Int64(1)...12
        fixture.deliver(ids)
        while !hasBegun.isOn { await Task.yield() }
        fixture.transport.withdraw()
        // Subscribers are told of several at once: the first on the wire may be any.
        let isInOrder = subject != .subscribers
        let early = await fixture.reports.first(1)
        #expect(early.count < ids.count)
        #expect(!isInOrder || !early.contains { $0.id == 1 })
        gate.signal()
        let all = await fixture.reports.first(ids.count)
        #expect(all.map(\.id).sorted() == Array(ids))
        let accepted = all.filter { if case .outcome(.accepted) = $0.result { true } else { false } }
        #expect(isInOrder ? accepted.contains { $0.id == 1 } : !accepted.isEmpty)
        #expect(accepted.count == fixture.side.taken)
        #expect(all.count { $0.result == .outcome(.putBack) } == ids.count - accepted.count)
        await fixture.end()
    }

    @Test("what a stop cuts is reported once, as a doubt", arguments: TransportSubject.wired)
    func aborted(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject, connections: 1) { _ in .silence }
        let ids = Int64(1)...12
        fixture.deliver(ids)
        while fixture.side.taken == 0 { await Task.yield() }
        fixture.transport.abort()
        await fixture.transport.close()
        let reports = await fixture.reports.first(ids.count)
        #expect(reports.map(\.id).sorted() == Array(ids))
        for report in reports {
            switch report.result {
            case .outcome(.uncertain): #expect(report.id == 1 || subject == .subscribers)
            case .outcome(.putBack): #expect(report.id != 1)
            case let other: throw Problem(other)
            }
        }
        fixture.thread.stop()
    }

    @Test("whatever a stop meets is reported once", arguments: TransportSubject.allCases)
    func stopped(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .accept }
        fixture.deliver(1...60)
        fixture.transport.abort()
        await fixture.transport.close()
        #expect(await fixture.reports.first(60).map(\.id).sorted() == Array(1...60))
        fixture.thread.stop()
    }

    @Test("what comes too late needs a new hand-off, and nothing of it leaves", arguments: TransportSubject.allCases)
    func stale(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .accept }
        fixture.deliver([1], startBy: MonotonicClock.now() - 1)
        #expect(await fixture.reports.first(1)[0].result == .stale)
        #expect(fixture.side.taken == 0)
        await fixture.end()
    }

    @Test(
        "each of many is reported exactly once, over kept connections",
        arguments: TransportSubject.allCases.filter { $0 != .subscribers }
    )
    func many(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject, connections: 3) { _ in .accept }
        let ids = (1...200).map(Int64.init)
        fixture.deliver(ids)
        let reports = await fixture.reports.first(200)
        #expect(reports.map(\.id).sorted() == ids)
        if TransportSubject.wired.contains(subject) {
            #expect(fixture.side.taken == 200)
            #expect(fixture.side.used <= 3)
        }
        await fixture.end()
    }

    @Test(
        "what cannot be written is tried again",
        arguments: [TransportSubject.outbox, .task]
    )
    func notWritten(subject: TransportSubject) async throws {
        let fixture = try await Fixture(subject) { _ in .accept }
        if subject == .outbox {
            try Data().write(to: URL(fileURLWithPath: "\(fixture.queued.folder.path)/outbox"))
        } else {
            try await fixture.queued.database.write(.process) { _ = try $0.execute(Statement("DROP TABLE task"), []) }
        }
        guard case .retry(.storage, _, nil) = await fixture.outcome().outcome else { throw Problem("no retry") }
        await fixture.end()
    }

    // MARK: - Over HTTP

    @Test("whose connection stands too late does not leave either")
    func late() async throws {
        let server = try ScriptedHTTPServer { _ in .answer(200, "") }
        let thread = NetworkThread()
        thread.start()
        var request = HTTPRequest(url: server.url, headers: [], body: [1])
        request.startBy = MonotonicClock.now() - 1
        request.allowsPrivateAddresses = true
        let late = request
        let result = await withCheckedContinuation { continuation in
            thread.send(late) { continuation.resume(returning: $0) }
        }
        guard case .failure(let failure) = result else { throw Problem("it was sent") }
        #expect(failure.reason == .late && !failure.hasLeft)
        #expect(server.requests.isEmpty)
        thread.stop()
    }

    @Test(
        "where connections stand too late, one is opened without a word for the next, and in the end it is a failure",
        arguments: TransportSubject.overHTTP
    )
    func alwaysLate(subject: TransportSubject) async throws {
        let server = try ScriptedHTTPServer { request in
            request.method == "HEAD" ? .answer(200, "") : subject.act(.accept)
        }
        let thread = NetworkThread()
        thread.start()
        defer { thread.stop() }
        // The transport thinks that it is in time; when the connection stands it is not.
        let transport = try subject.http(
            server.url,
            thread: thread,
            connections: 1,
            milliseconds: 5000,
            now: { 0 }
        )
        let reports = ReportBox()
        transport.start { reports.append($0) }
        for round in 1...HTTPTransport.mostLates {
            transport.deliver([subject.delivery(1, to: server.url, startBy: 1)])
            let result = await reports.first(round)[round - 1].result
            guard round == HTTPTransport.mostLates else {
                #expect(result == .stale)
                continue
            }
            guard case .outcome(.retry(.timeout, _, nil)) = result else { throw Problem(result) }
        }
        #expect(server.requests.allSatisfy { $0.method == "HEAD" && $0.target == "/" && $0.body.isEmpty })
        #expect(server.requests.count == HTTPTransport.mostLates - 1)
        transport.deliver([subject.delivery(1, to: server.url)])
        guard case .outcome(.accepted) = await reports.first(HTTPTransport.mostLates + 1).last?.result else {
            throw Problem("not accepted")
        }
    }

    private struct Problem: Error {
        let text: String
        init(_ found: Any?) { text = "\(found ?? "nothing")" }
    }
}
