import Foundation
import TestSupport
import Testing

@Suite("Who may use the HTTP interface")
struct AccessTests {
    @Test("without any token programs of this machine may do all; with one, nobody may do anything without")
    func firstToken() async throws {
        let server = try await WebServer(try Site(nil))
        #expect(
            try await server.get("/v1/me").text
                == #"{"name":"local","scopes":["enqueue","read","operate","comply"],"test":false}"#
        )
        for (name, value) in [
            ("X-Forwarded-For", "203.0.113.9"), ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"),
        ] {
            let reply = try await server.send("GET", "/v1/status", headers: [name: value])
            #expect(try reply.problem.status == 401)
            #expect(reply.header("WWW-Authenticate") == "Bearer")
        }
        let rebound = try RawConnection(port: server.port)
        rebound.send("GET /v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        #expect(await rebound.readToEnd().hasPrefix("HTTP/1.1 401"))
        _ = try await WebServer.token(server.site, "first", "read")
        try await eventually("the door is shut") { try await server.get("/v1/status").status == 401 }
        #expect(try await server.get("/livez").status == 200)
        #expect(try await server.get("/openapi.yaml").status == 200)
        #expect(try await server.get("/metrics").status == 401)
    }

    @Test(
        "a token may do what its scopes say",
        arguments: [
            ("enqueue", ["POST /v1/messages"]),
            ("read", ["GET /v1/messages", "GET /v1/status", "GET /metrics", "GET /v1/opt-outs"]),
            ("operate", ["POST /v1/messages/cancel"]), ("comply", ["POST /v1/opt-outs", "GET /v1/opt-outs"]),
        ] as [(String, [String])]
    )
    func scopes(scope: String, allowed: [String]) async throws {
        let server = try await WebServer(try Site(nil), scopes: scope)
        for door in [
            "POST /v1/messages", "GET /v1/messages", "GET /v1/status", "GET /metrics", "GET /v1/opt-outs",
            "POST /v1/messages/cancel", "POST /v1/opt-outs",
        ] {
            let words = door.split(separator: " ").map(String.init)
            let reply = try await server.send(words[0], words[1], words[0] == "POST" ? "{}" : nil)
            #expect((reply.status != 403) == allowed.contains(door), "\(scope): \(door) \(reply.status)")
            if reply.status == 403 { #expect(try reply.problem.detail.contains(scope == "" ? "" : "lacks the scope")) }
        }
        #expect(try await server.get("/v1/me").status == 200)
    }

    @Test("a token is shown once, kept as a hash, works at once, tells when it was used, and can be revoked")
    func life() async throws {
        let site = try Site(nil)
        let server = try await WebServer(site, scopes: "read")
        let late = try await WebServer.token(site, "late", "read", "--json")
        struct Made: Decodable { let name: String, token: String }
        let made = try JSONDecoder().decode(Made.self, from: Data(late.utf8))
        #expect(made.token.hasPrefix("dunlin_"))
        #expect(made.token.utf8.count == 7 + 43)
        #expect(try await server.send("GET", "/v1/me", token: made.token).text.contains("\"late\""))
        #expect(try await server.send("GET", "/v1/me", token: made.token + "x").status == 401)
        #expect(try await server.send("GET", "/v1/me", token: "").status == 401)
        let database = try Data(contentsOf: URL(fileURLWithPath: site.folder.path("dunlin.sqlite")))
        let log = try Data(contentsOf: URL(fileURLWithPath: site.folder.path("dunlin.sqlite-wal")))
        #expect((database + log).range(of: Data(made.token.utf8)) == nil)
        #expect(try await !site.run("token", "list", "--json").contains(made.token))
        #expect(try await site.dunlin("token", "create", "--name", "late", "--scope", "read").code == 65)
        #expect(try await site.dunlin("token", "create", "--name", "x", "--scope", "reed").code == 64)
        try await site.run("token", "create", "--name", "both", "--scope", "read", "--scope", "operate,comply")
        #expect(try await site.run("token", "list", "--json").contains(#""read,operate,comply""#))
        try await site.run("token", "revoke", "late")
        try await eventually("it is refused") {
            try await server.send("GET", "/v1/me", token: made.token).status == 401
        }
        #expect(try await site.dunlin("token", "revoke", "late").code == 65)
        await server.stop()
        let list = try await site.run("token", "list")
        #expect(list.contains("revoked"))
        #expect(try await site.run("token", "list", "--json").contains("\"used_at\""))
    }

    @Test("what a token did stands in the stories, and a no that was recorded over HTTP holds at once")
    func attribution() async throws {
        let sink = try await Peer.sink()
        let site = try Site(sendingTo: sink.url)
        let server = try await WebServer(site, scopes: "enqueue,read,operate,comply")
        var mail = Mail("later")
        mail.due = "2099-01-01T00:00:00Z"
        _ = try await server.enqueue(mail)
        #expect(try await server.send("POST", "/v1/messages/1/hold").status == 200)
        #expect(try await server.send("POST", "/v1/messages/1/retry").problem.status == 409)
        #expect(try await server.send("POST", "/v1/messages/1/cancel").status == 200)
        let story = try await site.message("1")
        #expect(story.events.map(\.detail) == ["by token test", "by token test"])
        let added = try await server.send("POST", "/v1/opt-outs", #"{"address": "Bob@Example.com"}"#)
        #expect(added.status == 201)
        #expect(try await server.send("POST", "/v1/opt-outs", #"{"address": "bob@example.com"}"#).status == 200)
        _ = try await server.enqueue(Mail("to-bob", to: "bob@example.com"))
        try await eventually("it is blocked") { try await site.message("to-bob").state == "blocked" }
        #expect(try await server.get("/v1/opt-outs/check?address=BOB@example.com").text.contains("\"opted_out\":true"))
        #expect(try await site.run("opt-out", "list").contains("token test"))
        #expect(try await server.send("DELETE", "/v1/opt-outs/1").status == 204)
        #expect(try await server.send("DELETE", "/v1/opt-outs/1").status == 404)
        let subscription = #"{"url": "https://example.com/hooks", "events": ["*"]}"#
        #expect(try await server.send("POST", "/v1/subscriptions", subscription).status == 201)
        #expect(try await server.send("POST", "/v1/subscriptions/1/enable").status == 200)
        #expect(try await server.send("DELETE", "/v1/subscriptions/1").status == 204)
        struct Audit: Decodable {
            struct Entry: Decodable { let by: String, action: String, subject: String }
            let entries: [Entry]
        }
        let audit: Audit = try await server.get("/v1/audit").decode()
        let written = ["subscription.removed", "subscription.added"]
        #expect(audit.entries.map(\.action) == written + ["opt_out.removed", "opt_out.added", "token.created"])
        #expect(audit.entries.dropLast().allSatisfy { $0.by == "token test" })
        #expect(audit.entries.last?.by.hasSuffix("on the command line") == true)
        #expect(try await site.run("audit", "list").contains("opt_out.removed"))
        #expect(sink.count == 0)
    }

    @Test("a bulk action says how many it would mean, does it, and needs a filter that names something")
    func bulk() async throws {
        let server = try await WebServer(try Site(nil), scopes: "enqueue,read,operate")
        let mails = try (0..<1500).map { index in
            let conversation = index % 3 == 0 ? "INV-1" : "INV-2"
            return
                #"{"channel":"email","to":"a\#(index)@example.com","due":"2099-01-01T00:00:00Z","conversation":"\#(conversation)","#
                + #""content":{"subject":"x","text":"y"}}"#
        }
        #expect(try await server.send("POST", "/v1/messages", "[\(mails.joined(separator: ","))]").status == 202)
        let filter = #""filter": {"conversation": "INV-1"}"#
        #expect(
            try await server.send("POST", "/v1/messages/cancel", "{\(filter), \"dry_run\": true}").text
                == #"{"matched":500,"done":0,"dry_run":true}"#
        )
        #expect(
            try await server.send("POST", "/v1/messages/cancel", "{\(filter)}").text
                == #"{"matched":500,"done":500,"dry_run":false}"#
        )
        #expect(
            try await server.send("POST", "/v1/messages/cancel", "{\(filter)}").text
                == #"{"matched":0,"done":0,"dry_run":false}"#
        )
        #expect(
            try await server.send("POST", "/v1/messages/hold", #"{"ids": [2, 3, 1]}"#).text
                == #"{"matched":3,"done":2,"dry_run":false}"#
        )
        for body in [
            "{}", #"{"filter": {}}"#, #"{"filter": {"colour": "red"}}"#, #"{"ids": [0]}"#, "{\(filter), \"ids\": [1]}",
        ] {
            #expect(try await server.send("POST", "/v1/messages/cancel", body).problem.status == 422)
        }
        struct Page: Decodable {
            struct Entry: Decodable { let id: Int }
            let messages: [Entry]
            let next: String?
        }
        var seen: [Int] = []
        var path = "/v1/messages?conversation=INV-2&state=waiting&limit=300"
        while true {
            let page: Page = try await server.get(path).decode()
            seen += page.messages.map(\.id)
            guard let next = page.next else { break }
            path = "/v1/messages?conversation=INV-2&state=waiting&limit=300&cursor=\(next)"
        }
        let expected = (4...1500).filter { $0 % 3 != 1 }
        #expect(seen == expected.reversed())
    }
}
