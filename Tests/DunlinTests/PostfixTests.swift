import Testing

@Suite("A real Postfix, delivering to a maildir", .serialized)
struct PostfixTests {
    @Test("whole and unchanged, in every script")
    func delivers() async throws {
        let postfix = try await Postfix()
        do {
            let site = try Site(sendingTo: postfix.url, transport: ["connections: 4"])
            try await site.enqueue(Correspondence.samples)
            try await site.run("work", "--until-empty")
            #expect(try await site.status().count("sent") == Correspondence.samples.count)
            try Correspondence.verify(try await postfix.mails(Correspondence.samples.count))

            try await site.enqueue([
                Mail("utf8", to: "почта@example.com"), Mail("relayed", to: "somebody@elsewhere.example"),
            ])
            try await site.run("work", "--until-empty")
            _ = try await postfix.mails(Correspondence.samples.count + 1)
            #expect(try await site.message("utf8").state == "sent")
        } catch {
            try await postfix.stop()
            throw error
        }
        try await postfix.stop()
    }
}
