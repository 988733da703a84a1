import Curl
import Foundation
import TestSupport
import Testing

@testable import Messaging

@Suite("Every transport over HTTP")
struct TransportConformanceTests {
    /// A transport between a network thread and a server of its own.
    private struct Fixture {
        let subject: TransportSubject
        let server: ScriptedHTTPServer
        let thread = NetworkThread()
        let transport: HTTPTransport
        let reports = ReportBox()

        init(
            _ subject: TransportSubject,
            connections: Int = 2,
            milliseconds: Int = 10_000,
            _ script: @escaping ScriptedHTTPServer.Script
        ) throws {
            self.subject = subject
            server = try ScriptedHTTPServer(script)
            thread.start()
            transport = try subject.transport(
                server.url,
                thread: thread,
                connections: connections,
                milliseconds: milliseconds
            )
            transport.start { [reports] in reports.append($0) }
        }

        func deliver(_ ids: Int64..., startBy: UInt64 = .max) {
            transport.deliver(ids.map { subject.delivery($0, to: server.url, startBy: startBy) })
        }

        /// What came of one delivery.
        func outcome() async -> (outcome: Outcome?, sign: Breaker.Sign?) {
            deliver(1)
            let report = await reports.first(1)[0]
            guard case .outcome(let outcome) = report.result else { return (nil, report.sign) }
            return (outcome, report.sign)
        }

        func end() async {
            transport.abort()
            await transport.close()
            thread.stop()
            server.stop()
        }
    }

    @Test("what the other side takes is accepted, once, and the lane works", arguments: TransportSubject.allCases)
    func accepted(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject) { _ in subject.act(.accept) }
        let (outcome, sign) = await fixture.outcome()
        guard case .accepted = outcome else { throw Problem("\(String(describing: outcome))") }
        #expect(sign == .working)
        #expect(fixture.server.requests.count == 1)
        await fixture.end()
    }

    @Test("a call to slow down is a retry that keeps the wait that is asked for", arguments: TransportSubject.allCases)
    func retry(subject: TransportSubject) async throws {
        for (after, expected) in [(7, 7000 as Int64), (nil, nil)] as [(Int?, Int64?)] {
            let fixture = try Fixture(subject) { _ in subject.act(.retry(after: after)) }
            let (outcome, sign) = await fixture.outcome()
            guard case .retry(.temporary, _, let asked) = outcome else {
                throw Problem("\(String(describing: outcome))")
            }
            #expect(asked == expected)
            #expect(sign == (subject.hasOwnEndpoint ? .throttled(after: expected) : nil))
            await fixture.end()
        }
    }

    @Test("what is wrong with the message is a rejection, and the lane works", arguments: TransportSubject.allCases)
    func rejected(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject) { _ in subject.act(.reject) }
        let (outcome, sign) = await fixture.outcome()
        guard case .rejected = outcome else { throw Problem("\(String(describing: outcome))") }
        #expect(sign == .working)
        await fixture.end()
    }

    @Test("what is our own fault costs the message nothing and stops the lane", arguments: TransportSubject.allCases)
    func ourFault(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject) { _ in subject.act(.refuseUs) }
        let (outcome, sign) = await fixture.outcome()
        if subject.hasOwnEndpoint {
            #expect(outcome == .putBack)
            guard case .ourFault = sign else { throw Problem("\(String(describing: sign))") }
        } else {
            guard case .rejected(.policy, _) = outcome else { throw Problem("\(String(describing: outcome))") }
        }
        await fixture.end()
    }

    @Test(
        "an answer that is lost after the request has left is a doubt, unless the other side knows it when it comes again",
        arguments: TransportSubject.allCases
    )
    func lost(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject) { _ in .close }
        try expectDoubt(await fixture.outcome().outcome, subject)
        #expect(fixture.server.requests.count == 1 || subject.isIdempotent)
        await fixture.end()
    }

    @Test(
        "a kept connection that is closed under a request is no reason to send it twice",
        arguments: TransportSubject.allCases
    )
    func lostOnKeptConnection(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject, connections: 1) { request in
            request.number == 1 ? subject.act(.accept) : .close
        }
        fixture.deliver(1)
        _ = await fixture.reports.first(1)
        fixture.deliver(2)
        guard case .outcome(let outcome) = await fixture.reports.first(2)[1].result else { throw Problem("stale") }
        try expectDoubt(outcome, subject)
        #expect(fixture.server.requests[1].place == 2, "the connection was not kept")
        if !subject.isIdempotent { #expect(fixture.server.requests.count == 2) }
        await fixture.end()
    }

    private func expectDoubt(_ outcome: Outcome?, _ subject: TransportSubject) throws {
        switch outcome {
        case .uncertain: #expect(!subject.isIdempotent)
        case .retry: #expect(subject.isIdempotent)
        default: throw Problem("\(String(describing: outcome))")
        }
    }

    @Test("a server that never answers is given up, and is a doubt", arguments: TransportSubject.allCases)
    func silence(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject, milliseconds: 200) { _ in .silence }
        let (outcome, sign) = await fixture.outcome()
        try expectDoubt(outcome, subject)
        switch sign {
        case .connectFailed: #expect(subject.hasOwnEndpoint)
        default: #expect(sign == nil && !subject.hasOwnEndpoint)
        }
        await fixture.end()
    }

    @Test("nobody who listens is a retry: nothing has left", arguments: TransportSubject.allCases)
    func nobody(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject) { _ in .close }
        fixture.server.stop()
        let (outcome, _) = await fixture.outcome()
        guard case .retry(.connection, _, nil) = outcome else { throw Problem("\(String(describing: outcome))") }
        #expect(fixture.server.requests.isEmpty)
        await fixture.end()
    }

    @Test("what is no HTTP is a doubt", arguments: TransportSubject.allCases)
    func garbage(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject) { _ in .raw([0, 1, 2, 0xff, 0x0d, 0x0a, 0x0d, 0x0a]) }
        try expectDoubt(await fixture.outcome().outcome, subject)
        await fixture.end()
    }

    @Test(
        "a success that does not read like one is no acceptance",
        arguments: [TransportSubject.slack, .twilio, .gateway]
    )
    func unclear(subject: TransportSubject) async throws {
        for body in ["<html>Welcome</html>", "", "{", "null", String(repeating: "x", count: 100)] {
            let fixture = try Fixture(subject) { _ in .answer(200, body) }
            guard case .uncertain(.garbage, _) = await fixture.outcome().outcome else { throw Problem(body) }
            await fixture.end()
        }
    }

    @Test("an answer of any length is read to its end, and little of it is kept", arguments: TransportSubject.allCases)
    func oversize(subject: TransportSubject) async throws {
        let long = String(repeating: "x", count: 8 << 20)
        let fixture = try Fixture(subject) { _ in .answer(400, long) }
        guard case .rejected(_, let detail) = await fixture.outcome().outcome else { throw Problem("not rejected") }
        #expect(detail.utf8.count < 1000)
        await fixture.end()
    }

    @Test(
        "what has not begun is put back at once; what is on the wire ends by itself",
        arguments: TransportSubject.allCases
    )
    func withdrawn(subject: TransportSubject) async throws {
        let gate = DispatchSemaphore(value: 0)
        let fixture = try Fixture(subject, connections: 1) { _ in
            gate.wait()
            return subject.act(.accept)
        }
        fixture.deliver(1, 2, 3)
        fixture.transport.withdraw()
        let back = await fixture.reports.first(2)
        #expect(Set(back.map(\.id)) == [2, 3])
        #expect(back.allSatisfy { $0.result == .outcome(.putBack) })
        gate.signal()
        guard case .outcome(.accepted) = await fixture.reports.first(3)[2].result else { throw Problem("not accepted") }
        await fixture.end()
    }

    @Test("what a stop cuts is reported once, as a doubt", arguments: TransportSubject.allCases)
    func aborted(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject, connections: 1) { _ in .silence }
        fixture.deliver(1, 2)
        fixture.transport.abort()
        await fixture.transport.close()
        let reports = await fixture.reports.first(2)
        #expect(reports.count == 2)
        guard case .outcome(.uncertain) = try #require(reports.first { $0.id == 1 }).result else { throw Problem("1") }
        #expect(reports.first { $0.id == 2 }?.result == .outcome(.putBack))
        fixture.thread.stop()
    }

    @Test("what comes too late needs a new hand-off, and nothing of it leaves", arguments: TransportSubject.allCases)
    func stale(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject) { _ in subject.act(.accept) }
        fixture.deliver(1, startBy: MonotonicClock.now() - 1)
        #expect(await fixture.reports.first(1)[0].result == .stale)
        #expect(fixture.server.requests.isEmpty)
        await fixture.end()
    }

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
        "each of many is reported exactly once, and never more at a time than allowed",
        arguments: TransportSubject.allCases
    )
    func many(subject: TransportSubject) async throws {
        let fixture = try Fixture(subject, connections: 3) { _ in subject.act(.accept) }
        let ids = (1...200).map(Int64.init)
        fixture.transport.deliver(ids.map { subject.delivery($0, to: fixture.server.url) })
        let reports = await fixture.reports.first(200)
        #expect(reports.map(\.id).sorted() == ids)
        #expect(fixture.server.requests.count == 200)
        #expect(Set(fixture.server.requests.map(\.place)).count >= 200 / 3, "connections are kept")
        await fixture.end()
    }

    @Test(
        "where connections stand too late, one is opened without a word for the next, and in the end it is a failure",
        arguments: TransportSubject.allCases
    )
    func alwaysLate(subject: TransportSubject) async throws {
        let server = try ScriptedHTTPServer { request in
            request.method == "HEAD" ? .answer(200, "") : subject.act(.accept)
        }
        let thread = NetworkThread()
        thread.start()
        defer { thread.stop() }
        // The transport thinks that it is in time; when the connection stands it is not.
        let transport = try subject.transport(
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
            guard case .outcome(.retry(.timeout, _, nil)) = result else { throw Problem("\(result)") }
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
        init(_ text: String) { self.text = text }
    }
}
