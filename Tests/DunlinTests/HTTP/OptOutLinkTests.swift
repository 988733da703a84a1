import Foundation
import Testing

@Suite("The link with which a recipient says no")
struct OptOutLinkTests {
    /// What the mail of a sink says in its headers.
    private func header(_ name: String, _ peer: Peer) throws -> String? {
        let file = try #require(peer.arrivals.last?.file)
        let source = try String(contentsOfFile: file, encoding: .utf8)
        let head = source.components(separatedBy: "\r\n\r\n")[0].replacing("\r\n ", with: " ")
        let lines = head.components(separatedBy: "\r\n").filter { $0.hasPrefix("\(name): ") }
        #expect(lines.count <= 1, "\(name) stands there \(lines.count) times")
        return lines.first.map { String($0.dropFirst(name.count + 2)) }
    }

    private static let publicURL = "https://reminders.acme.example"

    private func begin(_ more: String = "") async throws -> (Peer, WebServer) {
        let sink = try await Peer.sink(keeps: true)
        let site = try Site(
            Site.brands + "http: {public_url: \"\(Self.publicURL)\"}\n\(more)"
                + "channels: {email: {transports: [{type: smtp, url: \"\(sink.url)\"}]}}\n"
        )
        return (sink, try await WebServer(site, scopes: "enqueue,read,operate,comply"))
    }

    /// Sends a mail, and gives the path of its link.
    private func path(_ sink: Peer, _ server: WebServer, _ mail: Mail = Mail("a")) async throws -> String {
        let before = sink.count
        _ = try await server.enqueue(mail)
        try await eventually("it is there") { sink.count == before + 1 }
        let list = try #require(try header("List-Unsubscribe", sink))
        let link = try #require(list.wholeMatch(of: /<(https:\/\/[^<>, ]+)>/)).output.1
        #expect(link.hasPrefix(Self.publicURL + "/u/"))
        #expect(try header("List-Unsubscribe-Post", sink) == "List-Unsubscribe=One-Click")
        let read = try #require(try await sink.mails().last)
        #expect(read.text?.contains(link) == true && read.text?.contains("1 Main Street, Springfield") == true)
        if let html = read.html {
            #expect(html.contains("href=\"\(link)\"") && html.contains("1 Main Street, Springfield"))
        }
        return String(link.dropFirst(Self.publicURL.count))
    }

    private func post(_ server: WebServer, _ path: String, _ body: String, _ type: String) async throws
        -> WebServer.Reply
    {
        try await server.send("POST", path, body, type: type, token: "none")
    }

    private static let form = "application/x-www-form-urlencoded"

    @Test("one click stops the stream at once, again and again, and looking at the link changes nothing")
    func oneClick() async throws {
        let (sink, server) = try await begin()
        let path = try await path(sink, server, Mail("a", html: "<p>Hello.</p>"))
        for method in ["GET", "HEAD"] {
            #expect(try await server.send(method, path, token: "none").status == 200)
        }
        #expect(try await server.site.status().optOuts == 0)
        let multipart =
            "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
        for (body, type) in [
            ("List-Unsubscribe=One-Click", Self.form), (multipart, "multipart/form-data; boundary=x"),
            ("List-Unsubscribe=One-Click", Self.form),
        ] {
            let reply = try await post(server, path, body, type)
            #expect(reply.status == 200)
            #expect(reply.header("Set-Cookie") == nil && reply.header("Location") == nil)
        }
        #expect(try await server.site.status().optOuts == 1)
        let check = try await server.site.dunlin("opt-out", "check", "Ada@Example.com")
        #expect(check.output.contains("opted out of channel email, brand acme") && check.output.contains("(one-click)"))
        _ = try await server.enqueue(Mail("b"))
        try await eventually("it is blocked") { try await server.site.message("b").state == "blocked" }
        #expect(try await server.site.run("audit", "list").contains("the recipient"))
        #expect(sink.count == 1)
    }

    @Test("a token that was changed is refused with no way on; one of a message that is long gone works")
    func tokens() async throws {
        let (sink, server) = try await begin("retention: 100ms\n")
        let path = try await path(sink, server)
        for wrong in [String(path.dropLast()), path + "A", "/u/x", "\(path.prefix(20))_\(path.dropFirst(21))"] {
            let reply = try await post(server, wrong, "List-Unsubscribe=One-Click", Self.form)
            #expect(reply.status == 404 && reply.header("Location") == nil, "\(wrong)")
        }
        try await eventually("the message is forgotten") { try await server.site.status().count("sent") == 0 }
        #expect(try await server.site.run("opt-out", "rotate-key").contains("1"))
        #expect(try await post(server, path, "List-Unsubscribe=One-Click", Self.form).status == 200)
        #expect(try await server.site.status().optOuts == 1)
    }

    @Test("stands beside an address that opts out as well, where mail is taken in")
    func address() async throws {
        let sink = try await Peer.sink(keeps: true)
        let site = try Site(
            Site.brands + "    return_path: bounces@acme.example\n    verp: true\n"
                + "http: {public_url: \"\(Self.publicURL)\"}\n"
                + "channels: {email: {transports: [{type: smtp, url: \"\(sink.url)\"}]}}\n"
        )
        try await site.enqueue([Mail("a")])
        try await site.run("work", "--until-empty")
        let list = try #require(try header("List-Unsubscribe", sink))
        let parts = try #require(list.wholeMatch(of: /<https:[^<>, ]+>,\s+<mailto:([^<>, ?]+)\?subject=unsubscribe>/))
        #expect(try header("List-Unsubscribe-Post", sink) == "List-Unsubscribe=One-Click")
        let mail = "From: somebody@else.example\r\nSubject: unsubscribe\r\n\r\n"
        let said = try await site.run("inbound", "--recipient", String(parts.output.1), input: mail)
        #expect(said == "a no from somebody@else.example of message 1\n")
        #expect(try await site.dunlin("opt-out", "check", "ada@example.com").output.contains("(reply)"))
    }

    @Test("the page says in the message's language what can stop, stops it, and takes it back")
    func page() async throws {
        let (sink, server) = try await begin()
        var mail = Mail("a")
        mail.locale = "de-AT"
        let path = try await path(sink, server, mail)
        let browser = try await Browser()
        try await browser.open(server.url + path)
        #expect(try await browser.title == "Nachrichten von Acme Ltd")
        #expect(try await browser.run("return document.documentElement.lang") as? String == "de")
        #expect(try await browser.text().contains("a…@example.com"))
        #expect(try await browser.count("input[type=radio]") == 4)
        try await browser.click("input[value=everything]")
        try await browser.click("button.primary")
        try await eventually("it is done") { try await browser.text().contains("Erledigt.") }
        #expect(try await browser.count(".state.is-blocked") == 4, "all is stopped")
        let check = try await server.site.dunlin("opt-out", "check", "ada@example.com")
        #expect(check.output.contains("opted out of everything") && check.output.contains("(link)"))
        try await browser.click("form:not(.stack) button")
        try await eventually("it is taken back") { try await browser.text().contains("Sie bekommen es wieder.") }
        #expect(try await server.site.status().optOuts == 0)
        _ = try await server.site.run("opt-out", "add", "ada@example.com")
        let undo = try await post(server, path, "undo=everything", Self.form)
        #expect(undo.status == 200)
        #expect(!undo.text.contains("Sie bekommen es wieder."), "nothing was taken back")
        #expect(try await server.site.status().optOuts == 1, "a no that was said elsewhere stands")
        #expect(try await browser.complaints() == [])
        await browser.close()
    }
}
