import Testing

@Suite("What is done to many messages")
struct BulkActionTests {
    private func site() async throws -> Site {
        let site = try Site(Site.brands)
        try await site.enqueue((0..<25).map { Mail("m-\($0)", to: $0 < 10 ? "a@one.example" : "b@two.example") })
        return site
    }

    @Test("is counted with --dry-run, refused without --yes where nobody can be asked, and done with it")
    func cancel() async throws {
        let site = try await site()
        #expect(
            try await site.run("message", "cancel", "--domain", "one.example", "--dry-run")
                == "10 messages would be meant.\n"
        )
        #expect(
            try await site.run("message", "cancel", "--domain", "one.example", "--dry-run", "--json")
                == "{\"would\":10}\n"
        )
        let refused = try await site.dunlin("message", "cancel", "--domain", "one.example")
        #expect(refused.code == 64)
        #expect(
            refused.errors
                == "dunlin: nothing was changed: add --yes to cancel 10 messages, or --dry-run to count them\n"
        )
        #expect(try await site.status().count("waiting") == 25)

        #expect(
            try await site.run("message", "cancel", "--domain", "one.example", "--yes") == "10 messages: cancelled.\n"
        )
        #expect(try await site.run("message", "cancel", "--to", "A@ONE.example", "--yes") == "No such messages.\n")
        let status = try await site.status()
        #expect(status.count("cancelled") == 10)
        #expect(status.count("waiting") == 15)
        #expect(status.sumHolds)
        try await site.run("work", "--until-empty")
        #expect(try await site.status().count("sent") == 15)
    }

    @Test("is told of where it could not be done")
    func impossible() async throws {
        let site = try await site()
        try await site.run("message", "cancel", "1")
        let outcome = try await site.dunlin("message", "cancel", "1", "m-1", "--json")
        #expect(outcome.code == 65)
        #expect(outcome.output == "{\"done\":[2],\"not_done\":[1]}\n")
        #expect(outcome.errors == "dunlin: not done to 1: only waiting or held messages can be cancelled\n")
        let retry = try await site.dunlin("message", "retry", "3")
        #expect(retry.code == 65)
        #expect(retry.errors == "dunlin: not done to 3: only failed messages can be retried\n")
    }
}
