import DunlinClient
import Foundation
import Testing

@Suite("Messages that a person lets go")
struct ApprovalTests {
    private struct EndpointOptions: Encodable {
        let statuses: [Int]
    }

    /// A post that the partner's endpoint took.
    private struct Post: Decodable {
        let headers: [String: String]
        let body: String
    }

    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func begin() async throws -> (Peer, WebServer) {
        let peer = try await Peer("endpoint", EndpointOptions(statuses: [200]))
        let site = try Site(
            Site.brands + """
                channels:
                  linkedin:
                    transports:
                      - {type: webhook, url: "http://127.0.0.1:\(peer.port)/messages", secrets: [\(Self.secret)]}

                """
        )
        return (peer, try await WebServer(site))
    }

    private func post(_ server: WebServer, _ key: String, _ more: String = "") async throws -> WebServer.Reply {
        let message =
            #"{"key":"\#(key)","channel":"linkedin","to":"urn:li:person:abc","content":{"text":"Hello Ada."}\#(more)}"#
        return try await server.send("POST", "/v1/messages", message)
    }

    @Test("is held until it is approved, may be edited before, and goes signed as it was approved")
    func approved() async throws {
        let (peer, server) = try await begin()
        #expect(try await post(server, "a").status == 202)
        #expect(try await server.site.message("a").state == "held")
        #expect(try await server.site.message("a").reason == "approval")
        let html = try await server.send("POST", "/v1/messages/1/edit", #"{"text": "<b>Hi</b>"}"#)
        #expect(try html.problem.detail.contains("no HTML"))
        let amount = try await server.send("POST", "/v1/messages/1/edit", #"{"text": "You owe $12."}"#)
        #expect(amount.status == 422)
        let edited = try await server.send("POST", "/v1/messages/1/edit", #"{"text": "Dear Ada.", "subject": "Us"}"#)
        #expect(edited.status == 200)
        #expect(try await post(server, "a").text.contains("duplicate"), "the message as it was handed in is the same")
        #expect(peer.notes(Post.self).isEmpty)
        #expect(try await server.send("POST", "/v1/messages/1/approve").status == 200)
        try await eventually("it is sent") { try await server.site.message("a").state == "sent" }
        let posts = peer.notes(Post.self)
        #expect(
            posts.map(\.body) == [#"{"id":"msg_1","recipient":"urn:li:person:abc","subject":"Us","body":"Dear Ada."}"#]
        )
        let verifier = try #require(WebhookVerifier(secret: Self.secret))
        let first = try #require(posts.first)
        #expect(try verifier.verify(headers: first.headers, body: Data(first.body.utf8)) == "msg_1")
        #expect(try await server.site.message("a").events.map(\.kind) == ["held", "edited", "approved", "sent"])
        let late = try await server.send("POST", "/v1/messages/1/edit", #"{"text": "Late."}"#)
        #expect(late.status == 409)
    }

    @Test("on the command line")
    func commandLine() async throws {
        let (peer, server) = try await begin()
        _ = try await post(server, "a")
        let site = server.site
        #expect(try await site.dunlin("message", "edit", "a", "--text", "<i>no</i>").code == 65)
        try await site.run("message", "edit", "a", "--text", "-", input: "From a file.")
        try await site.run("message", "approve", "a")
        try await eventually("it is sent") { try await site.message("a").state == "sent" }
        #expect(peer.notes(Post.self).first?.body.contains("From a file.") == true)
        #expect(try await site.dunlin("message", "edit", "a", "--text", "x").code == 65)
    }

    @Test("on the page")
    func page() async throws {
        let (peer, server) = try await begin()
        _ = try await post(server, "a")
        let token = try await WebServer.token(server.site, "page", "read,operate")
        let browser = try await Browser()
        try await browser.open(server.url + "/sign-in?next=/messages/1")
        try await browser.type(token, into: "#token")
        try await browser.click("main button")
        try await eventually("the form is there") { try await browser.count("#e-text") == 1 }
        try await browser.type("Written <em>badly</em>", into: "#e-text")
        try await browser.click("section[aria-labelledby=h-edit] button")
        try await eventually("it is refused") { try await browser.text(".flash").contains("no HTML") }
        try await browser.type("Written well.", into: "#e-text")
        try await browser.click("section[aria-labelledby=h-edit] button")
        try await eventually("it is kept") { try await browser.text(".flash").contains("has its new words") }
        try await browser.click("#do-approve")
        try await eventually("it is sent") { try await server.site.message("a").state == "sent" }
        #expect(peer.notes(Post.self).first?.body.contains("Written well.") == true)
    }

    @Test("whose time passes before anybody has looked expires")
    func expires() async throws {
        let (peer, server) = try await begin()
        let soon = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 2))
        _ = try await post(server, "a", #","expires":"\#(soon)""#)
        try await eventually("it has expired") { try await server.site.message("a").state == "expired" }
        #expect(try await server.send("POST", "/v1/messages/1/approve").status == 409)
        #expect(peer.notes(Post.self).isEmpty)
    }
}
