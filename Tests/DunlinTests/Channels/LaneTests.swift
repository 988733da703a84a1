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

    @Test("over HTTP: pauses are given, listed and ended, and bad ones refused with their place")
    func overHTTP() async throws {
        let (first, second) = (try await Peer.sink(), try await Peer.sink())
        let server = try await WebServer(try site(first, second), scopes: "enqueue,read,operate")
        func pause(_ body: String) async throws -> WebServer.Reply {
            try await server.send("POST", "/v1/lanes/pause", body)
        }
        let given = try await pause(#"{"channel": "email", "domain": "Example.com", "reason": "blocked", "for": "2h"}"#)
        #expect(given.status == 200 && given.text.contains(#""domain":"example.com""#))
        _ = try await server.enqueue(Mail("a"))
        try await eventually("it is kept") {
            try await server.get("/v1/lanes").text.contains(#""name":"domain:example.com""#)
        }
        #expect(first.arrivals.isEmpty)
        let resumed = try await server.send(
            "POST",
            "/v1/lanes/resume",
            #"{"channel": "email", "domain": "example.com"}"#
        )
        #expect(resumed.status == 204)
        try await eventually("it goes") { first.arrivals.count == 1 }
        for (body, place) in [
            (#"{"channel": "fax", "reason": "x"}"#, "channel"), (#"{"channel": "email"}"#, "reason"),
            (#"{"channel": "email", "lane": "third", "reason": "x"}"#, "lane"),
            (#"{"channel": "email", "brand": "nobody", "reason": "x"}"#, "brand"),
            (#"{"channel": "sms", "domain": "a.example", "reason": "x"}"#, "domain"),
            (#"{"channel": "email", "rate": "fast", "reason": "x"}"#, "rate"),
            (#"{"channel": "email", "for": "long", "reason": "x"}"#, "for"),
            (#"{"channel": "email", "from": "soon", "reason": "x"}"#, "from"),
        ] {
            let reply = try await pause(body)
            #expect(reply.status == 422 && reply.text.contains(place), "\(body): \(reply.text)")
        }
        #expect(try await server.send("POST", "/v1/lanes/resume", #"{"channel": "email"}"#).status == 404)
    }
}
