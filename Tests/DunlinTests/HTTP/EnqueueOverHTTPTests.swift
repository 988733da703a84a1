import DunlinClient
import Foundation
import Testing

@Suite("Messages over HTTP")
struct EnqueueOverHTTPTests {
    struct Item: Decodable, Equatable {
        var index: Int?
        var line: Int?
        let status: String
        var id: Int?
    }

    struct Batch: Decodable {
        let accepted: Int
        let duplicate: Int
        let conflict: Int
        let rejected: Int
        let items: [Item]
    }

    @Test("one is accepted with its number, is sent, and is the same when it is handed in again")
    func one() async throws {
        let sink = try await Peer.sink()
        let server = try await WebServer(try Site(sendingTo: sink.url))
        let reply = try await server.enqueue(Mail("a"))
        #expect(reply.status == 202)
        #expect(try reply.decode(Item.self) == Item(status: "accepted", id: 1))
        try await eventually("it arrives") { sink.count == 1 }
        try await eventually("it is sent") {
            try await server.get("/v1/messages/1").text.contains("\"state\":\"sent\"")
        }
        #expect(try await server.enqueue(Mail("a")).decode(Item.self) == Item(status: "duplicate", id: 1))
        let conflict = try await server.enqueue(Mail("a", text: "Other words."))
        #expect(conflict.status == 422)
        #expect(try conflict.problem.errors?.first?.pointer == "/key")
        #expect(sink.count == 1)
        #expect(await server.stop().ending == .exited(0))
    }

    @Test("the header Idempotency-Key is the key of one message, and of no other")
    func idempotencyKey() async throws {
        let server = try await WebServer(try Site(nil))
        let key = ["Idempotency-Key": "k-1"]
        let mail = try Mail(nil).line
        let first = try await server.send("POST", "/v1/messages", mail, headers: key)
        let again = try await server.send("POST", "/v1/messages", mail, headers: key)
        #expect(try first.decode(Item.self).status == "accepted")
        #expect(try again.decode(Item.self).status == "duplicate")
        let inside = try await server.send("POST", "/v1/messages", try Mail("k-1", subject: "Hello").line)
        #expect(try inside.decode(Item.self).status == "duplicate", "it is the same key wherever it is given")
        let null = #"{"key":null,"channel":"email","to":"a@example.com","content":{"subject":"x","text":"y"}}"#
        _ = try await server.send("POST", "/v1/messages", null, headers: ["Idempotency-Key": "k-3"])
        try await eventually("it is sent") { try await server.site.message("k-3").state == "sent" }
        let other = try await server.send("POST", "/v1/messages", try Mail("k-2").line, headers: key)
        #expect(try other.problem.errors?.first?.pointer == "/key")
        let several = try await server.send("POST", "/v1/messages", "[\(mail)]", headers: key)
        #expect(several.status == 400)
        #expect(try several.problem.errors?.first?.parameter == "Idempotency-Key")
        struct Page: Decodable { let messages: [ShownKey] }
        struct ShownKey: Decodable { let key: String }
        #expect(try await server.get("/v1/messages?key=k-1").decode(Page.self).messages.map(\.key) == ["k-1"])
    }

    @Test("ten thousand in a list, with bad ones between, are answered one by one")
    func list() async throws {
        let server = try await WebServer(try Site(nil))
        let count = 10_000
        let items = try (0..<count).map { index in
            switch index % 1000 {
            case 7: #"{"channel": "email", "to": "nobody"}"#
            case 8: #"["no object"]"#
            case 9: try Mail("twin", text: "\(index)").line
            default: try Mail("m-\(index)").line
            }
        }
        let reply = try await server.send("POST", "/v1/messages", "[\(items.joined(separator: ","))]")
        #expect(reply.status == 202)
        let batch: Batch = try reply.decode()
        #expect(batch.accepted == count - 20 - 9)
        #expect(batch.conflict == 9)
        #expect(batch.rejected == 20)
        #expect(batch.items.compactMap(\.index) == Array(0..<count))
        #expect(batch.items[7].status == "rejected")
        #expect(batch.items[1009].status == "conflict")
        #expect(batch.items[1009].id == batch.items[9].id)
        let tooMany = try await server.send(
            "POST",
            "/v1/messages",
            "[\(Array(repeating: "{}", count: count + 1).joined(separator: ","))]"
        )
        #expect(tooMany.status == 422)
        #expect(try await server.site.status().acceptedTotal == count - 29)
    }

    @Test("JSON Lines of any length are answered line by line, and the last line sums up")
    func lines() async throws {
        let server = try await WebServer(try Site(nil))
        let count = 20_000
        let lines = try (1...count).map { line in
            line % 5000 == 0 ? "nonsense \(line)" : line % 5000 == 1 ? "" : try Mail("l-\(line)").line
        }
        let reply = try await server.send(
            "POST",
            "/v1/messages",
            lines.joined(separator: "\n"),
            type: "application/x-ndjson"
        )
        #expect(reply.status == 202)
        #expect(reply.type == "application/x-ndjson")
        let answers = reply.text.split(separator: "\n")
        #expect(answers.count == count - 4 + 1)
        #expect(
            answers.last == #"{"summary":{"accepted":19992,"duplicate":0,"conflict":0,"rejected":4,"lines":20000}}"#
        )
        let items = try answers.dropLast().map { try JSONDecoder().decode(Item.self, from: Data($0.utf8)) }
        #expect(items.filter { $0.status == "rejected" }.compactMap(\.line) == [5000, 10_000, 15_000, 20_000])
        let expected = (1...count).filter { $0 % 5000 != 1 }
        #expect(items.compactMap(\.line) == expected)
        let none = try await server.send("POST", "/v1/messages", "x\ny\n", type: "application/x-ndjson")
        #expect(none.status == 422)
        #expect(try none.problem.errors?.map(\.pointer) == ["/line/1", "/line/2"])
    }

    @Test("a token's rate is kept, and says when to come again")
    func rate() async throws {
        let site = try Site(nil)
        let slow = try await WebServer.token(site, "slow", "enqueue", "--rate", "3")
        let server = try await WebServer(site, scopes: "read")
        var statuses: [Int] = []
        var retryAfter: String?
        for index in 0..<30 {
            let reply = try await server.send("POST", "/v1/messages", try Mail("r-\(index)").line, token: slow)
            statuses.append(reply.status)
            if reply.status == 429 { retryAfter = reply.header("Retry-After") }
        }
        #expect(statuses.contains(202))
        #expect(statuses.contains(429))
        #expect(Int(retryAfter ?? "") ?? 0 >= 1)
        #expect(try await site.status().acceptedTotal == statuses.count { $0 == 202 })
    }

    @Test("what a test token hands in goes to the outbox only, with the outcome that its address asks for")
    func testToken() async throws {
        let sink = try await Peer.sink()
        let site = try Site(sendingTo: sink.url)
        let test = try await WebServer.token(site, "try", "enqueue,read", "--test")
        let server = try await WebServer(site, scopes: "enqueue,read")
        let cases = [
            ("ada@example.com", "sent", nil), ("rejected@simulate.example", "failed", "permanent"),
            ("no-such-address@simulate.example", "failed", "recipient"),
            ("policy@simulate.example", "failed", "policy"),
            ("retry-once@simulate.example", "sent", nil), ("uncertain@simulate.example", "held", "uncertain"),
        ]
        for (index, entry) in cases.enumerated() {
            let mail = Mail("t-\(index)", to: entry.0)
            #expect(try await server.send("POST", "/v1/messages", try mail.line, token: test).status == 202)
        }
        for (index, (address, state, reason)) in cases.enumerated() {
            try await eventually("\(address) is \(state)") {
                let message = try await site.message("\(index + 1)")
                return message.state == state && (reason == nil || message.reason == reason)
            }
        }
        #expect(sink.count == 0, "a test message left for a real server")
        #expect(try await site.status().optOuts == 0, "a simulated bounce suppresses nobody")
        let live = try await server.enqueue(Mail("t-0", text: "For real."))
        #expect(try live.decode(Item.self).status == "accepted", "the keys of tests are a space of their own")
        let prefixed = try await server.enqueue(Mail("test:t-0"))
        #expect(try prefixed.decode(Item.self).status == "accepted", "and nobody can name one of them")
        try await eventually("the real ones arrive") { sink.count == 2 }
        let shown = try await site.run("message", "show", "1")
        #expect(shown.contains("token try"))
        #expect(shown.contains("goes to the outbox only"))
    }

    @Test("the Swift client hands in, looks, cancels, and is told what is wrong")
    func client() async throws {
        let server = try await WebServer(try Site(nil), scopes: "enqueue,read,operate")
        let client = DunlinClient(url: try #require(URL(string: server.url)), token: server.token)
        var message = Message(
            key: "INV-1/first+1",
            .email,
            to: "Ada Lovelace <ada@example.com>",
            content: .init(subject: "Hello", text: "Hello.")
        )
        message.due = "2099-01-01T00:00:00Z"
        message.conversation = "INV-1"
        let receipt = try await client.enqueue(message)
        #expect(receipt.status == .accepted)
        message.key = nil
        let batch = try await client.enqueue([message, Message(.email, to: "nobody", content: .init(text: ""))])
        #expect(batch.items.map(\.status) == [.accepted, .rejected])
        #expect(try await client.message(key: "INV-1/first+1")?.id == receipt.id)
        #expect(try await client.cancel(conversation: "INV-1") == 2)
        let story = try await client.message(try #require(receipt.id))
        #expect(story.state == "cancelled")
        #expect(story.events?.map(\.kind) == ["cancelled"])
        #expect(story.events?.first?.detail == "by token test")
        #expect(try await client.message(key: "unknown") == nil)
        let problem = await #expect(throws: Problem.self) { try await client.message(4711) }
        #expect(problem?.status == 404)
    }
}
