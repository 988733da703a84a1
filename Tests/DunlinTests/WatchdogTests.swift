import Foundation
import Testing

@Suite("A server that falls silent")
struct WatchdogTests {
    /// Where the first session, or the message to `stuck@`, meets silence.
    @Test(
        "costs one session until its time is up: the others go on, and the message goes again",
        arguments: ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."]
    )
    func silence(at step: String) async throws {
        let isAboutSession = ["CONNECT", "EHLO", "MAIL"].contains(step)
        let sink = try await Peer.sink(
            .init(rules: [
                .init(
                    at: step,
                    to: isAboutSession ? nil : "stuck@",
                    connection: isAboutSession ? 1 : nil,
                    times: 1,
                    then: .silence
                )
            ])
        )
        let site = try Site(
            sendingTo: sink.url,
            transport: ["connections: 2", "connect_timeout: 2s", "command_timeout: 2s", "final_timeout: 2s"]
        )
        let others = (0..<60).map { Mail("other-\($0)", to: "other@example.com") }
        try await site.enqueue([Mail("stuck", to: "stuck@example.com")] + others)
        try await site.work(until: "nothing waits") {
            let status = try await site.status()
            return status.count("waiting") + status.count("sending") == 0
        }
        #expect(try await site.status().count("sent") == 61)
        let arrivals = sink.arrivals
        #expect(Set(arrivals.map(\.subject)).count == 61)

        let stories = try await site.run("message", "list", "--limit", "100", "--json").split(separator: "\n").count
        #expect(stories == 61)
        let failed = try await Self.retried(site)
        #expect(failed.count >= 1)
        for message in failed {
            let event = try #require(message.events.first)
            #expect(event.kind == (step == "." ? "uncertain" : "retry"))
            #expect(event.detail?.hasPrefix("timeout: ") == true, "\(event.detail ?? "")")
            #expect(message.events.last?.kind == "sent")
        }
        let retriedIDs = Set(failed.map(\.id))
        let firstRetry = try #require(
            arrivals.filter { retriedIDs.contains(Self.number(of: $0.subject)) && !$0.answer.isEmpty }.map(\.mailAt)
                .min()
        )
        let meanwhile = arrivals.filter { $0.mailAt < firstRetry && !retriedIDs.contains(Self.number(of: $0.subject)) }
        #expect(meanwhile.count == 61 - retriedIDs.count, "the others waited for the silent session")
    }

    /// The id of a message of this test, by its key: the stuck one was accepted first.
    private static func number(of key: String) -> Int {
        key == "stuck" ? 1 : (Int(key.dropFirst("other-".count)) ?? 0) + 2
    }

    /// Messages that needed more than one attempt.
    private static func retried(_ site: Site) async throws -> [ShownMessage] {
        struct Listed: Decodable {
            let id: Int
            let attempts: Int
        }
        var found: [ShownMessage] = []
        for line in try await site.run("message", "list", "--limit", "100", "--json").split(separator: "\n") {
            let listed = try JSONDecoder.peers.decode(Listed.self, from: .init(line.utf8))
            if listed.attempts > 1 { found.append(try await site.message("\(listed.id)")) }
        }
        return found
    }
}
