import Foundation
import TestSupport
import Testing

@Suite("Calls and letters as tasks", .timeLimit(.minutes(3)))
struct TaskTests {
    private static let address = "Ada Lovelace, 1 Main Street, Springfield, IL 62701, USA"

    private func begin() async throws -> WebServer {
        let site = try Site(
            Site.brands + """
                channels:
                  call:
                    transports:
                      - {type: task, assignee: ada, due_in: 1d}
                  letter:
                    transports:
                      - {type: task, name: post}

                """
        )
        return try await WebServer(site, scopes: "enqueue,read,operate,comply")
    }

    private func enqueue(_ server: WebServer, _ key: String, _ channel: String, _ to: String) async throws -> Int {
        let message: [String: Any] = [
            "key": key, "channel": channel, "to": to, "customer": "C-42",
            "content": ["text": "Ask about INV-1001.\n\nBe kind <&> short."],
        ]
        let body = String(decoding: try JSONSerialization.data(withJSONObject: message), as: UTF8.self)
        #expect(try await server.send("POST", "/v1/messages", body).status == 202)
        try await eventually("\(key) is a task") { try await server.site.message(key).state == "sent" }
        return try await server.site.message(key).id
    }

    private struct Shown: Decodable {
        struct Part: Decodable {
            let name: String
            let text: String
        }
        let message: Int
        let state: String
        let assignee: String?
        let outcome: String?
        let note: String?
        let stop: String?
        let parts: [Part]?
    }

    private struct Listed: Decodable {
        let tasks: [Shown]
        let next: String?
    }

    @Test("over HTTP: listed by urgency, shown with the script, assigned, and ended once with the message")
    func overHTTP() async throws {
        let server = try await begin()
        let call = try await enqueue(server, "call", "call", "+12025550123")
        let letter = try await enqueue(server, "letter", "letter", Self.address)
        let list: Listed = try await server.get("/v1/tasks?limit=1").decode()
        #expect(list.tasks.map(\.message) == [call] && list.tasks[0].assignee == "ada")
        let rest: Listed = try await server.get("/v1/tasks?limit=1&cursor=\(try #require(list.next))").decode()
        #expect(rest.tasks.map(\.message) == [letter] && rest.tasks[0].assignee == nil)
        let shown: Shown = try await server.get("/v1/tasks/\(call)").decode()
        #expect(shown.parts?.map(\.name) == ["call.txt"])
        #expect(try await server.send("POST", "/v1/tasks/\(letter)/assign", #"{"assignee": "bob"}"#).status == 200)
        let bobs: Listed = try await server.get("/v1/tasks?assignee=bob").decode()
        #expect(bobs.tasks.map(\.message) == [letter])

        let wrong = try await server.send("POST", "/v1/tasks/\(call)/finish", #"{"outcome": "posted"}"#)
        #expect(wrong.status == 422)
        let body = #"{"outcome": "promised", "note": "pays on Friday"}"#
        let done: Shown = try await server.send("POST", "/v1/tasks/\(call)/finish", body).decode()
        #expect(done.state == "done" && done.outcome == "promised" && done.note == "pays on Friday")
        #expect(try await server.send("POST", "/v1/tasks/\(call)/finish", body).status == 409)
        let message = try await server.site.message("call")
        #expect(message.state == "delivered" && message.reason == "promised")
        #expect(message.events.map(\.kind) == ["sent", "delivered"])
        #expect(message.events.last?.detail?.contains("pays on Friday") == true)
        #expect(try await server.get("/v1/tasks/999").status == 404)
        let finished: Listed = try await server.get("/v1/tasks?state=done").decode()
        #expect(finished.tasks.map(\.message) == [call])
    }

    @Test("a wrong number keeps anything more from going there; what was not done may be tried again")
    func ends() async throws {
        let server = try await begin()
        let first = try await enqueue(server, "first", "call", "+12025550123")
        try await server.site.run("task", "finish", "\(first)", "not_done", "--note", "no time")
        #expect(try await server.site.message("first").state == "failed")
        try await server.site.run("message", "retry", "\(first)")
        try await eventually("it is a task again") { try await server.site.message("first").state == "sent" }
        #expect(try await server.site.run("task", "list").contains("+12025550123"))
        try await server.site.run("task", "finish", "\(first)", "wrong_number")
        let message = try await server.site.message("first")
        #expect(message.state == "bounced" && message.reason == "wrong_number")
        #expect(try await server.site.dunlin("opt-out", "check", "+12025550123").output.contains("bounce"))
        let again = #"{"key":"again","channel":"call","to":"+12025550123","content":{"text":"Hello"}}"#
        #expect(try await server.send("POST", "/v1/messages", again).status == 202)
        try await eventually("it is blocked") { try await server.site.message("again").state == "blocked" }
        #expect(try await server.site.dunlin("task", "finish", "\(first)", "reached").code != 0)
        #expect(try await server.site.dunlin("task", "finish", "\(first)", "posted").code == 64)
        #expect(try await server.site.dunlin("task", "show", "999").code != 0)
    }

    @Test("who says no while a task is open is not called: the words are withheld, and it can only be left")
    func saysNo() async throws {
        let server = try await begin()
        let id = try await enqueue(server, "a", "call", "+12025550123")
        #expect(try await server.site.run("task", "show", "\(id)").contains("Ask about INV-1001."))
        try await server.site.run("opt-out", "add", "+12025550123")
        let shown: Shown = try await server.get("/v1/tasks/\(id)").decode()
        #expect(shown.stop?.contains("opted out") == true && shown.parts?.isEmpty == true)
        let text = try await server.site.run("task", "show", "\(id)")
        #expect(!text.contains("INV-1001") && text.contains("must not be done"))
        let refused = try await server.send("POST", "/v1/tasks/\(id)/finish", #"{"outcome": "reached"}"#)
        #expect(refused.status == 409)
        #expect(try await server.send("POST", "/v1/tasks/\(id)/finish", #"{"outcome": "not_done"}"#).status == 200)
        let message = try await server.site.message("a")
        #expect(message.state == "blocked" && message.reason?.contains("opted out") == true)
    }

    @Test("on the page: the letter's address stands in the window of the envelope, and the task is worked off")
    func onThePage() async throws {
        let server = try await begin()
        let id = try await enqueue(server, "letter", "letter", Self.address)
        let path = server.site.folder.path("letter.html")
        try await server.site.run("task", "show", "\(id)", "--letter", path)
        let browser = try await Browser()
        try await browser.open("file://\(path)")
        let box = try #require(
            try await browser.run(
                """
                const range = document.createRange(), box = document.querySelector('.window');
                const text = document.evaluate(".//text()[contains(., 'Ada Lovelace')]", box, null, 9).singleNodeValue;
                range.selectNode(text);
                const seen = range.getBoundingClientRect(), words = document.querySelector('.words p').getBoundingClientRect();
                return [seen.left, seen.top, box.getBoundingClientRect().right, words.top].map(x => x / 96 * 25.4);
                """
            ) as? [Double]
        )
        // DIN 5008, form B: the field is 20 mm from the left and 45 to 90 mm from the top.
        #expect(abs(box[0] - 20) < 0.5 && box[1] > 45 && box[1] < 60 && abs(box[2] - 105) < 0.5 && box[3] > 90)
        #expect(try await browser.text("body").contains("Be kind <&> short."))

        try await browser.signIn(server)
        try await browser.open("\(server.url)/tasks")
        #expect(try await browser.text().contains("Ada Lovelace"))
        try await browser.click("tbody a")
        try await eventually("the task is shown") { try await browser.count("#t-note") == 1 }
        try await browser.type("by noon", into: "#t-note")
        try await browser.click("form[action$='finish'] button")
        try await eventually("it is done") { try await browser.text().contains("Task \(id): posted.") }
        #expect(try await browser.text().contains("There is nothing to do."))
        #expect(try await server.site.message("letter").state == "delivered")
        #expect(try await browser.complaints() == [])
        await browser.close()
    }
}

@Suite("Channels in order")
struct ChannelChoiceTests {
    @Test("a refused email becomes a text, in the same conversation, and the call behind it is not needed any more")
    func refused() async throws {
        let relay = try await SMTPSink(["-f", "RCPT"])
        let site = try Site(
            Site.brands + """
                channels:
                  email: {transports: ["\(relay.url)"]}
                  sms: {transports: [{type: outbox}]}
                  call: {transports: [{type: outbox}]}

                """
        )
        let message =
            #"{"key": "a", "channels": ["email", "sms", "call"], "to": {"email": "ada@example.com", "sms": "+1 202 555 0123", "#
            + #""call": "+1 202 555 0123"}, "content": {"subject": "Hi", "text": "Hello"}}"#
        try await site.run("enqueue", input: message + "\n")
        let server = try await WebServer(site)
        try await eventually("the text is sent") { try await site.message("2").state == "sent" }
        #expect(try await site.message("a").state == "failed")
        #expect(try await site.message("2").events.map(\.kind) == ["next_channel", "sent"])
        #expect(try await site.run("why", "3").contains("it goes when the one before it does not arrive"))
        #expect(try await site.run("message", "list", "--conversation", "a").contains("+1 202 555 0123"))
        #expect(try await site.status().sumHolds)
        _ = server
    }
}
