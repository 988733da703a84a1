import Glibc
import TestSupport
import Testing

@Suite("A no that comes while messages leave")
struct OptOutWhileSendingTests {
    /// The server takes 200 ms for every reply and each session has a message waiting behind the one on the wire, so a
    /// message that was handed off stays in the process for most of a second: far longer than its hand-off holds.
    @Test("nothing that it covers starts to leave once 'opt-out add' has returned")
    func nothingStartsAfterwards() async throws {
        let sink = try await Peer.sink(.init(delay: 0.2))
        let site = try Site(sendingTo: sink.url, transport: ["connections: 12"])
        let people = (0..<8).map { "person\($0)@example.com" }
        try await site.enqueue((0..<600).map { Mail("n-\($0)", to: people[$0 % people.count]) })
        let worker = try site.start(["work"])

        var acknowledged: [String: UInt64] = [:]
        for (index, person) in people.dropLast(2).enumerated() {
            let target = sink.count + 10 + index
            try await eventually("\(target) arrivals") { sink.count >= target }
            try await site.run("opt-out", "add", person.uppercased())
            acknowledged[person] = MonotonicTime.now()
        }
        let after = sink.count + 40
        try await eventually("others still arrive") { sink.count >= after }
        let outcome = await worker.end(by: SIGTERM)
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")

        let arrivals = sink.arrivals
        let lateness = arrivals.map(\.lateness).max() ?? 0
        for arrival in arrivals {
            let person = try #require(arrival.recipients.first)
            guard let time = acknowledged[person] else { continue }
            #expect(arrival.mailAt <= time + lateness, "\(person) got \(arrival.subject) after the no was acknowledged")
        }
        for (person, time) in acknowledged {
            let others = arrivals.contains { $0.mailAt > time && $0.recipients != [person] }
            #expect(others, "nothing was sent after the no of \(person), so nothing is shown")
        }
    }

    @Test("fifty a second over HTTP while everything leaves: none of their mails begins after its no was answered")
    func many() async throws {
        let sink = try await Peer.sink(.init(delay: 0.005))
        let site = try Site(sendingTo: sink.url, transport: ["connections: 16"])
        let people = (0..<240).map { "person\($0)@example.com" }
        let number = 12_000 * TestSize.factor
        let server = try await WebServer(site, scopes: "enqueue,read,comply")
        try await site.enqueue((0..<number).map { Mail("n-\($0)", to: people[$0 % people.count]) })
        try await eventually("some have come") { sink.count > 200 }
        var acknowledged: [String: UInt64] = [:]
        for start in stride(from: 0, to: 192, by: 16) {
            let batch = people[start..<start + 16]
            try await withThrowingTaskGroup(of: (String, UInt64).self) { group in
                for person in batch {
                    group.addTask {
                        let reply = try await server.send("POST", "/v1/opt-outs", #"{"address": "\#(person)"}"#)
                        guard reply.status == 201 else { throw Complaint("no opt-out: \(reply.text)") }
                        return (person, MonotonicTime.now())
                    }
                }
                for try await (person, time) in group { acknowledged[person] = time }
            }
        }
        let after = sink.count
        try await eventually("the others' mails come to their end") {
            let status = try await site.status()
            return status.count("sent") + status.count("blocked") == number
        }
        let arrivals = sink.arrivals
        #expect(arrivals.count > after, "nothing was left to send when the last no was answered")
        let lateness = arrivals.map(\.lateness).max() ?? 0
        for arrival in arrivals {
            guard let person = arrival.recipients.first, let time = acknowledged[person] else { continue }
            #expect(arrival.mailAt <= time + lateness, "\(person) got \(arrival.subject) after the no was acknowledged")
        }
        #expect(acknowledged.count == 192)
        #expect(try await site.status().sumHolds)
    }

    /// A stopped process is stopped anywhere: while it claims, renders, waits for its turn or for the server. When it holds the
    /// database, the no is not acknowledged before it goes on.
    @Test(
        "a worker that is stopped on its way, and goes on after the no was acknowledged, sends nothing that it covers"
    )
    func stopped() async throws {
        let sink = try await Peer.sink(.init(delay: 0.005))
        let site = try Site(sendingTo: sink.url, transport: ["connections: 16"])
        let people = (0..<240).map { "person\($0)@example.com" }
        let rounds = min(200, 25 * TestSize.factor)
        let number = 12_000 * TestSize.factor
        try await site.enqueue((0..<number).map { Mail("n-\($0)", to: people[$0 % people.count]) })
        let worker = try site.start(["work"])
        try await eventually("some have come") { sink.count > 200 }
        var acknowledged: [String: UInt64] = [:]
        for round in 0..<rounds {
            // A moment that has nothing to do with what the worker does.
            try await Task.sleep(for: .microseconds(Int.random(in: 0..<40_000)))
            worker.signal(SIGSTOP)
            let no = try site.start(["opt-out", "add", people[round]])
            // Longer than this it waits for the database, which the worker holds.
            let wasFree = (try? await eventually("the no is said", within: .seconds(1)) { !no.isRunning }) != nil
            if !wasFree { worker.signal(SIGCONT) }
            let said = await no.end()
            #expect(said.code == 0, "\(said.errors)")
            acknowledged[people[round]] = MonotonicTime.now()
            if wasFree { worker.signal(SIGCONT) }
        }
        let after = sink.count
        try await eventually("others still arrive") { sink.count > after + 100 }
        let outcome = await worker.end(by: SIGTERM)
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")
        let arrivals = sink.arrivals
        let lateness = arrivals.map(\.lateness).max() ?? 0
        for arrival in arrivals {
            guard let person = arrival.recipients.first, let time = acknowledged[person] else { continue }
            #expect(arrival.mailAt <= time + lateness, "\(person) got \(arrival.subject) after the no was acknowledged")
        }
        #expect(try await site.status().sumHolds)
    }

    @Test("what it covers ends as blocked, and says why")
    func blocked() async throws {
        let sink = try await Peer.sink()
        let site = try Site(sendingTo: sink.url)
        try await site.enqueue([Mail("a", to: "Ada <ada@example.com>"), Mail("b", to: "bob@example.com")])
        try await site.run("opt-out", "add", "ADA@Example.com", "--brand", "acme", "--note", "by phone")
        try await site.run("opt-out", "add", "bob@example.com", "--category", "commercial")
        try await site.run("work", "--until-empty")
        let ada = try await site.message("a")
        #expect(ada.state == "blocked")
        #expect(ada.reason == "opted out of brand acme (cli)")
        #expect(ada.attempts == 0)
        #expect(sink.arrivals.map(\.subject) == ["b"])
    }
}
