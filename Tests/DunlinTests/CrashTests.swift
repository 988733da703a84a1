import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Death at any moment", .serialized)
struct CrashTests {
    static let batch = 300
    static let connections = 4

    static func mails(_ range: Range<Int>) -> [Mail] {
        range.map { Mail("m-\($0)", to: "Ada <ada\($0 % 7)@example.com>", text: "This is message \($0).") }
    }

    /// Waits until some more have arrived, or until a random moment of the start has come.
    private func awaitMoment(_ round: Int, _ sink: Peer, _ worker: Child) async throws {
        if round.isMultiple(of: 3) {
            try await Task.sleep(for: .microseconds(Int.random(in: 0...250_000)))
        } else {
            let target = sink.count + Int.random(in: 1..<CrashTests.batch)
            try await eventually("\(target) arrivals") {
                guard worker.isRunning else { throw Complaint("the worker ended by itself: \(worker.errors)") }
                return sink.count >= target
            }
        }
    }

    @Test("a worker killed again and again loses nothing, and repeats only what it had on the wire")
    func killedWorker() async throws {
        let sink = try await Peer.sink()
        let site = try Site(sendingTo: sink.url, transport: ["connections: \(Self.connections)"])
        let rounds = 15 * TestSize.factor
        var inHand = 0
        for round in 0..<rounds {
            try await site.enqueue(Self.mails(round * Self.batch..<(round + 1) * Self.batch))
            let worker = try site.start(["work"])
            try await awaitMoment(round, sink, worker)
            #expect(await worker.end(by: SIGKILL).ending == .killed(by: SIGKILL))
            let status = try await site.status()
            #expect(status.sumHolds)
            #expect(status.count("sending") <= Self.connections * 2 + 2048, "more in hand than a lane may have")
            inHand += status.count("sending")
        }
        try await site.work(until: "nothing waits") {
            let status = try await site.status()
            return status.count("waiting") + status.count("sending") == 0
        }

        let arrivals = sink.arrivals
        let byKey = Dictionary(grouping: arrivals, by: \.subject)
        let expected = Set(Self.mails(0..<rounds * Self.batch).compactMap(\.key))
        #expect(Set(byKey.keys) == expected)
        let audit = try await site.audit()
        #expect(audit.integrity == "ok")
        #expect(audit.states == ["sent": expected.count])
        for (key, copies) in byKey {
            #expect(Set(copies.map(\.messageId)).count == 1, "\(key) changed its Message-ID")
            #expect(copies.count - 1 <= audit.uncertain[key] ?? 0, "\(key) was repeated though it was not on the wire")
        }
        #expect(Set(arrivals.map(\.messageId)).count == expected.count)
        #expect(arrivals.count - expected.count <= inHand)
        let status = try await site.status()
        #expect(status.sumHolds)
        #expect(status.acceptedTotal == expected.count)
        #expect(status.count("sent") == expected.count)
    }

    @Test("a worker that is told to stop loses nothing and repeats nothing")
    func stoppedWorker() async throws {
        let sink = try await Peer.sink()
        let site = try Site(sendingTo: sink.url, transport: ["connections: \(Self.connections)"])
        let rounds = 8 * TestSize.factor
        for round in 0..<rounds {
            try await site.enqueue(Self.mails(round * Self.batch..<(round + 1) * Self.batch))
            let worker = try site.start(["work"])
            let target = sink.count + Int.random(in: 1..<Self.batch)
            try await eventually("\(target) arrivals") { sink.count >= target }
            let outcome = await worker.end(by: round.isMultiple(of: 2) ? SIGTERM : SIGINT)
            #expect(outcome.ending == .exited(0), "\(outcome.errors)")
            let status = try await site.status()
            #expect(status.count("sending") == 0)
            #expect(status.sumHolds)
        }
        try await site.run("work", "--until-empty")
        let arrivals = sink.arrivals.map(\.subject)
        let expected = Self.mails(0..<rounds * Self.batch).compactMap(\.key)
        #expect(arrivals.sorted() == expected.sorted())
        #expect(try await site.status().count("sent") == expected.count)
        #expect(try await site.audit().integrity == "ok")
    }

    @Test("an intake killed in the middle of a file takes each message once when the file is given again")
    func killedIntake() async throws {
        let site = try Site(nil)
        let text = String(repeating: "All work and no play makes Jack a dull boy. ", count: 12)
        let mails = (0..<6000).map { Mail("k-\($0)", text: text + "\($0)") }
        try site.folder.write(try Mail.lines(mails), to: "mails.ndjson")
        try await site.begin()
        var interrupted = 0
        for _ in 0..<5 * TestSize.factor {
            let before = try await site.status().acceptedTotal
            let intake = try site.start(["enqueue", "mails.ndjson"])
            let wal = site.folder.path("dunlin.sqlite-wal")
            let limit = Int.random(in: 0..<3_000_000)
            try await eventually("the intake has written something") {
                guard intake.isRunning else { return true }
                let size = try? FileManager.default.attributesOfItem(atPath: wal)[.size] as? Int
                return size ?? 0 > limit
            }
            let outcome = await intake.end(by: SIGKILL)
            if outcome.ending == .killed(by: SIGKILL) { interrupted += 1 }
            let status = try await site.status()
            #expect(status.sumHolds)
            #expect(status.acceptedTotal >= before)
        }
        #expect(interrupted > 0, "no intake was interrupted: the file is too short")
        let counts = try JSONDecoder.peers.decode(
            [String: Int].self,
            from: Data(try await site.run("enqueue", "mails.ndjson", "--json").utf8)
        )
        #expect(counts["accepted", default: 0] + counts["duplicate", default: 0] == mails.count)
        #expect(counts["conflict"] == 0)
        let status = try await site.status()
        #expect(status.count("waiting") == mails.count)
        #expect(status.acceptedTotal == mails.count)
        #expect(try await site.audit().integrity == "ok")
    }
}
