import DunlinClient
import Foundation
import TestSupport
import Testing

@Suite("News that subscribers are sent")
struct SubscriberTests {
    /// A post that the endpoint took.
    struct Post: Decodable {
        let at: Double
        let status: Int
        let headers: [String: String]
        let body: String

        var type: String { (try? JSONDecoder().decode(Kind.self, from: Data(body.utf8)).type) ?? "" }
        var id: String { headers["webhook-id"] ?? "" }

        private struct Kind: Decodable { let type: String }
    }

    struct EndpointOptions: Encodable {
        /// The answers in order; the last one for ever.
        var statuses: [Int] = [200]
        var location: String?
    }

    private func endpoint(_ statuses: Int..., location: String? = nil) async throws -> Peer {
        try await Peer("endpoint", EndpointOptions(statuses: statuses, location: location))
    }

    private func site() throws -> Site {
        try Site(Site.brands + "subscriptions: {allow_private: true, retry: {first: 20ms}}\n")
    }

    private struct Made: Decodable {
        let id: Int
        let secret: String
    }

    private func subscribe(_ server: WebServer, _ peer: Peer, _ events: String = "*") async throws -> Made {
        let reply = try await server.send(
            "POST",
            "/v1/subscriptions",
            #"{"url": "http://127.0.0.1:\#(peer.port)/hooks", "events": ["\#(events)"]}"#
        )
        guard reply.status == 201 else { throw Complaint("not subscribed: \(reply.text)") }
        return try reply.decode()
    }

    @Test("are signed so that the client's verifier agrees, and tell whose message it was")
    func signed() async throws {
        let peer = try await endpoint(200)
        let server = try await WebServer(try site(), scopes: "enqueue,read,operate,comply")
        let made = try await subscribe(server, peer)
        _ = try await server.enqueue(Mail("a"))
        _ = try await server.send("POST", "/v1/opt-outs", #"{"address": "bob@example.com"}"#)
        try await eventually("both are told") { peer.notes(Post.self).count == 2 }
        let posts = peer.notes(Post.self)
        #expect(Set(posts.map(\.type)) == ["message.sent", "opt_out.added"])
        let verifier = try #require(WebhookVerifier(secret: made.secret))
        for post in posts { #expect(try verifier.verify(headers: post.headers, body: Data(post.body.utf8)) == post.id) }
        #expect(posts.contains { $0.body.contains(#""key":"a""#) })
        #expect(posts.allSatisfy { !$0.body.contains("Hello.") })
        #expect(try await server.get("/v1/subscriptions/\(made.id)").text.contains(made.secret) == false)
        #expect(try await server.get("/v1/events?type=message.sent").text.contains(#""key":"a""#))
        #expect(await server.stop().ending == .exited(0))
    }

    @Test("come again until they are taken, under the same id, and those of one message in order")
    func retried() async throws {
        let peer = try await endpoint(500, 302, 200, location: "http://127.0.0.1:1/")
        let site = try site()
        let server = try await WebServer(site)
        _ = try await subscribe(server, peer)
        var mail = Mail("a")
        mail.due = "2099-01-01T00:00:00Z"
        _ = try await server.enqueue(mail)
        _ = try await server.send("POST", "/v1/messages/1/hold")
        _ = try await server.send("POST", "/v1/messages/1/cancel")
        try await eventually("the first is tried") { peer.notes(Post.self).count >= 1 }
        for attempt in 1..<3 {
            try await eventually("attempt \(attempt + 1)") { peer.notes(Post.self).count > attempt }
        }
        try await eventually("both are taken") { peer.notes(Post.self).filter { $0.status == 200 }.count == 2 }
        let posts = peer.notes(Post.self)
        #expect(posts.map(\.type) == Array(repeating: "message.held", count: 3) + ["message.cancelled"])
        #expect(Set(posts.prefix(3).map(\.id)).count == 1)
        #expect(posts.last?.id != posts.first?.id)
    }

    @Test("an endpoint that is gone is disabled and told of; enabled again, it gets what it missed")
    func gone() async throws {
        let peer = try await endpoint(410, 200)
        let site = try site()
        let server = try await WebServer(site)
        let made = try await subscribe(server, peer, "message.cancelled")
        for key in ["a", "b"] {
            var mail = Mail(key)
            mail.due = "2099-01-01T00:00:00Z"
            _ = try await server.enqueue(mail)
        }
        _ = try await server.send("POST", "/v1/messages/1/cancel")
        try await eventually("it is disabled") {
            try await server.get("/v1/subscriptions/\(made.id)").text.contains("\"disabled\"")
        }
        try await eventually("an operator is told") {
            try await server.get("/v1/status").text.contains("subscription \(made.id)")
        }
        _ = try await server.send("POST", "/v1/messages/2/cancel")
        try await eventually("what happens meanwhile fails") {
            try await server.get("/v1/messages?channel=event&state=failed").text.contains("\"id\":4")
        }
        #expect(peer.notes(Post.self).count == 1)
        #expect(try await server.send("POST", "/v1/subscriptions/\(made.id)/enable").status == 200)
        let replay = try await server.send(
            "POST",
            "/v1/subscriptions/\(made.id)/replay",
            #"{"since": "2026-01-01T00:00:00Z"}"#
        )
        #expect(replay.text == #"{"queued":2}"#)
        try await eventually("it gets both") { peer.notes(Post.self).filter { $0.status == 200 }.count == 2 }
        #expect(try await server.send("DELETE", "/v1/subscriptions/\(made.id)").status == 204)
        #expect(try await site.run("subscription", "list") == "No subscriptions.\n")
    }

    @Test("an endpoint that has failed for five days is disabled; one that failed for less is not")
    func deaf() async throws {
        let peer = try await endpoint(500)
        let site = try site()
        let made: Made
        do {
            let server = try await WebServer(site)
            made = try await subscribe(server, peer)
            _ = try await server.enqueue(Mail("a"))
            try await eventually("it has failed twice") { peer.notes(Post.self).count >= 2 }
            #expect(try await server.get("/v1/subscriptions/\(made.id)").text.contains("\"active\""))
            #expect(await server.stop().ending == .exited(0))
        }
        struct Changed: Decodable { let changed: Int }
        let earlier = "UPDATE subscription SET failing_since = failing_since - 5 * 86400000 WHERE failing_since > 0"
        let changed: Changed = try await Installed.python("sql", [site.folder.path("dunlin.sqlite"), earlier])
        #expect(changed.changed == 1)
        let server = try await WebServer(site)
        try await eventually("it is disabled") {
            let text = try await server.get("/v1/subscriptions/\(made.id)").text
            return text.contains("\"disabled\"") && text.contains("no delivery has succeeded since")
        }
        #expect(try await site.run("audit", "list").contains("subscription.disabled"))
    }

    @Test("a name that leads into a private network is not connected to")
    func rebinding() async throws {
        let peer = try await endpoint(200)
        let site = try Site(Site.brands)
        let refused = try await site.dunlin("subscription", "add", "http://127.0.0.1:\(peer.port)/")
        #expect(refused.code == 65)
        #expect(refused.errors.contains("https://"))
        let name = try await site.dunlin("subscription", "add", "https://localhost:\(peer.port)/")
        #expect(name.code == 65)
        // What stood when private addresses were allowed is checked again at each connection.
        try site.folder.write(Site.brands + "subscriptions: {allow_private: true}\n", to: "open.yaml")
        try await site.run("subscription", "add", "http://localhost:\(peer.port)/", "--config", "open.yaml")
        let server = try await WebServer(site)
        _ = try await server.enqueue(Mail("a"))
        try await eventually("the delivery fails") {
            try await server.get("/v1/messages?channel=event").text.contains("\"reason\":\"policy\"")
        }
        #expect(peer.notes(Post.self).isEmpty)
    }
}
