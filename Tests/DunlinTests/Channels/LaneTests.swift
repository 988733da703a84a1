import Foundation
import Testing

@Suite("Lanes that a person pauses")
struct LaneTests {
    private func site(_ first: Peer, _ second: Peer) throws -> Site {
        try Site(
            Site.brands + """
                channels:
                  email:
                    transports:
                      - {name: first, type: smtp, url: "\(first.url)"}
                      - {name: second, type: smtp, url: "\(second.url)"}

                """
        )
    }

    @Test("while one is paused the next takes its messages; while the channel is, they wait, and nothing is lost")
    func pauses() async throws {
        let (first, second) = (try await Peer.sink(), try await Peer.sink())
        let server = try await WebServer(try site(first, second))
        let site = server.site
        func lane(_ name: String, is state: String) async throws {
            try await eventually("\(name) is \(state)") {
                try await site.status().lanes.first { $0.name == name }?.state == state
            }
        }
        _ = try await server.enqueue(Mail("a"))
        try await eventually("the first takes it") { first.arrivals.count == 1 }
        try await site.run("lane", "pause", "email/first", "--reason", "maintenance", "--for", "1h")
        try await lane("first", is: "paused")
        _ = try await server.enqueue(Mail("b"))
        try await eventually("the second takes it") { second.arrivals.count == 1 }
        try await site.run("lane", "pause", "email", "--reason", "a mistake in a template")
        try await lane("second", is: "paused")
        _ = try await server.enqueue(Mail("c"))
        let list = try await site.run("lane", "list")
        #expect(list.contains("email is paused until it is resumed") && list.contains("a mistake in a template"))
        #expect(try await site.run("why", "c").contains("is paused: a mistake"))
        #expect(try await site.message("c").state == "waiting")
        try await site.run("lane", "resume", "email")
        try await eventually("the second goes on") { second.arrivals.count == 2 }
        try await site.run("lane", "resume", "email/first")
        try await lane("first", is: "open")
        _ = try await server.enqueue(Mail("d"))
        try await eventually("the first goes on") { first.arrivals.count == 2 }
        let audit = try await site.run("audit", "list")
        #expect(audit.contains("lane.paused") && audit.contains("maintenance until") && audit.contains("lane.resumed"))
        #expect(try await site.status().sumHolds)
    }

    @Test("survive a new start of the worker, and end by themselves when their time is over")
    func lasting() async throws {
        let (first, second) = (try await Peer.sink(), try await Peer.sink())
        let site = try site(first, second)
        try await site.run("lane", "pause", "email", "--reason", "wait", "--for", "4s")
        let server = try await WebServer(site)
        _ = try await server.enqueue(Mail("a"))
        try await eventually("it is paused from the beginning") {
            try await site.status().lanes.contains { $0.state == "paused" } || first.arrivals.count == 1
        }
        try await eventually("it goes by itself") { first.arrivals.count == 1 }
    }

    @Test("a lane that is none is told of", arguments: ["fax", "email/third", "email/"])
    func unknown(name: String) async throws {
        let (first, second) = (try await Peer.sink(), try await Peer.sink())
        let site = try site(first, second)
        #expect(try await site.dunlin("lane", "pause", name, "--reason", "x").code == 64)
        #expect(try await site.dunlin("lane", "resume", "email").code != 0)
    }
}
