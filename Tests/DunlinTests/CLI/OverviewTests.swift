import Foundation
import TestSupport
import Testing

@Suite("What the commands that look show, word for word")
struct OverviewTests {
    /// One message that is due, one for later, one that an opt-out covers, one that is held.
    private func site() async throws -> Site {
        let site = try Site(Site.brands)
        var due = Mail("INV-1", to: "Ada Lovelace <ada@example.com>")
        due.due = "2020-01-01T00:00:00Z"
        var later = Mail("INV-2", to: "bob@example.org")
        later.due = "2099-01-01T00:00:00Z"
        later.expires = "2099-02-01T00:00:00Z"
        later.priority = 1
        var covered = Mail("INV-3", to: "carol@example.com")
        covered.due = "2020-01-01T00:00:00Z"
        covered.category = "commercial"
        try await site.enqueue([due, later, covered, Mail("INV-4", to: "dave@example.com")])
        try await site.run("message", "hold", "INV-4")
        try await site.run("opt-out", "add", "carol@example.com", "--category", "commercial", "--note", "by phone")
        return site
    }

    private func shown(_ site: Site, _ arguments: String..., code: Int32 = 0) async throws -> String {
        let outcome = try await site.start(arguments).end()
        #expect(outcome.code == code)
        #expect(outcome.errors == "")
        #expect(!outcome.output.contains("\u{1b}"), "colours though nobody looks")
        return Golden.normal(outcome.output)
    }

    @Test("before anything ran")
    func before() async throws {
        let site = try await site()
        #expect(
            try await shown(site, "status") == """
                No worker has run yet.

                WAITING  SENDING  HELD  SENT  DELIVERED  BOUNCED  FAILED  BLOCKED  EXPIRED  CANCELLED
                      3        0     1     0          0        0       0        0        0          0

                2 due, the oldest for (a while); 4 accepted in all; the books balance; 1 opt-outs

                BUSIEST DOMAINS  DUE
                example.com        2

                critical: 2 messages are due and no worker runs
                  → start 'dunlin serve', or 'dunlin work'
                warning: 1 message waits for a person
                  → see 'dunlin message list --state held', then approve or cancel them

                """
        )
        #expect(
            try await shown(site, "status", "--check", code: 2) == """
                critical: 2 messages are due and no worker runs
                  → start 'dunlin serve', or 'dunlin work'
                warning: 1 message waits for a person
                  → see 'dunlin message list --state held', then approve or cancel them

                """
        )
        #expect(
            try await shown(site, "shape") == """
                DOMAIN       TOTAL  5  10  20  40  80  160  320  640  1280  1280+
                TOTAL            2  .   .   .   .   .    .    .    .     .      2
                example.com      2  .   .   .   .   .    .    .    .     .      2

                """
        )
        #expect(
            try await shown(site, "shape", "--by", "channel", "--json") == """
                [{"name":"email","total":2,"minutes":{"5":0,"10":0,"20":0,"40":0,"80":0,"160":0,"320":0,"640":0,\
                "1280":0,"1280+":2}}]

                """
        )
        #expect(
            try await shown(site, "message", "show", "INV-2") == """
                MESSAGE 2  waiting
                to         bob@example.org
                channel    email
                brand      acme
                category   transactional
                key        INV-2
                from       cli
                priority   1
                due        2099-01-01T00:00:00Z
                expires    2099-02-01T00:00:00Z
                attempts   0

                WHEN                      WHAT      HOW
                (a time of milliseconds)  accepted

                """
        )
    }

    @Test("why a message has not gone")
    func why() async throws {
        let site = try await site()
        #expect(
            try await shown(site, "why", "INV-2") == """
                Message 2: It may go at 2099-01-01T00:00:00Z, in (a while).

                CHECK        VERDICT
                state    ok  waiting
                due      no  at 2099-01-01T00:00:00Z
                expiry   ok  in time, until 2099-02-01T00:00:00Z
                opt-out  ok  none covers it
                rules    ok  none keeps it
                content  ok  renders
                order    ok  none keeps it
                limit    ok  none keeps it
                lane     no  no worker has opened one for email yet
                worker   no  none runs: start 'dunlin serve'

                """
        )
        #expect(
            try await shown(site, "why", "3") == """
                Message 3: It will not go as things stand.

                CHECK        VERDICT
                state    ok  waiting
                due      ok  since 2020-01-01T00:00:00Z
                expiry   ok  never expires
                opt-out  no  opted out of category commercial (cli)
                rules    ok  none keeps it
                content  ok  renders
                order    ok  none keeps it
                limit    ok  none keeps it
                lane     no  no worker has opened one for email yet
                worker   no  none runs: start 'dunlin serve'

                """
        )
        #expect(
            try await shown(site, "why", "INV-4") == """
                Message 4: It will not go as things stand.

                CHECK        VERDICT
                state    no  held (held by (somebody) on the command line): 'dunlin message approve 4' lets it go
                due      ok  since (a time of milliseconds)
                expiry   ok  never expires
                opt-out  ok  none covers it
                rules    ok  none keeps it
                content  ok  renders
                order    ok  none keeps it
                limit    ok  none keeps it
                lane     no  no worker has opened one for email yet
                worker   no  none runs: start 'dunlin serve'

                """
        )
        let answer = try await shown(site, "why", "INV-1", "--json")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(answer.replacing("(a time of milliseconds)", with: "").utf8))
                as? [String: Any]
        )
        #expect(json["state"] as? String == "waiting")
        #expect((json["checks"] as? [[String: Any]])?.count == 10)
    }

    @Test("after a drain")
    func after() async throws {
        let site = try await site()
        try await site.run("work", "--until-empty")
        #expect(
            try await shown(site, "status") == """
                No worker runs; the last one, dunlin work, stopped (a while) ago

                WAITING  SENDING  HELD  SENT  DELIVERED  BOUNCED  FAILED  BLOCKED  EXPIRED  CANCELLED
                      1        0     1     1          0        0       0        1        0          0

                nothing is due; 4 accepted in all; the books balance; 1 opt-outs

                LAST HOUR  ACCEPTED  RETRY  REJECTED  UNCERTAIN  PER MINUTE NOW
                email             1      0         0          0               0

                warning: 1 message waits for a person
                  → see 'dunlin message list --state held', then approve or cancel them

                """
        )
        #expect(try await shown(site, "shape") == "Nothing is due.\n")
        #expect(
            try await shown(site, "message", "show", "INV-1") == """
                MESSAGE 1  sent
                to         Ada Lovelace <ada@example.com>
                channel    email
                brand      acme
                category   transactional
                key        INV-1
                from       cli
                priority   5
                due        2020-01-01T00:00:00Z
                attempts   1

                WHEN                      WHAT      HOW
                (a time of milliseconds)  accepted
                (a time of milliseconds)  sent      outbox, (a while): written to outbox/00000001.eml

                """
        )
        #expect(
            try await shown(site, "message", "list", "--state", "blocked") == """
                ID  STATE    CHANNEL  TO                 TEMPLATE  DUE                   TRIES  REASON
                 3  blocked  email    carol@example.com  -         2020-01-01T00:00:00Z      0  \
                opted out of category commercial (cli)

                """
        )
        #expect(
            try await shown(site, "why", "INV-3") == """
                Message 3: It will not go again.

                CHECK        VERDICT
                state    no  blocked (opted out of category commercial (cli))
                due      ok  since 2020-01-01T00:00:00Z
                expiry   ok  never expires
                opt-out  no  opted out of category commercial (cli)
                rules    ok  none keeps it
                content  ok  renders
                limit    ok  none keeps it
                lane     ok  outbox is open
                worker   no  none runs: start 'dunlin serve'

                """
        )
        let file = try #require(site.folder.text(of: "outbox/00000001.eml"))
        #expect(file.contains("Subject: INV-1\r\n"))
        for path in ["dunlin.sqlite", "outbox/00000001.eml"] {
            let mode =
                try FileManager.default.attributesOfItem(atPath: site.folder.path(path))[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(path)")
        }
    }

    @Test("who said no")
    func optOuts() async throws {
        let site = try await site()
        #expect(
            try await shown(site, "opt-out", "list") == """
                ADDRESS            SCOPE                SOURCE  SINCE                     NOTE
                carol@example.com  category commercial  cli     (a time of milliseconds)  by phone

                """
        )
        #expect(
            try await shown(site, "opt-out", "check", "CAROL@example.com", code: 1) == """
                CAROL@example.com (carol@example.com) opted out of category commercial on (a time of milliseconds) (cli)
                transactional email from acme: goes
                commercial email from acme: opted out of category commercial (cli)

                """
        )
        #expect(
            try await shown(site, "opt-out", "check", "bob@example.org") == """
                bob@example.org (bob@example.org) has not opted out of anything.
                transactional email from acme: goes
                commercial email from acme: goes

                """
        )
        #expect(
            try await shown(site, "opt-out", "add", "carol@example.com", "--category", "commercial")
                == "0 opted out of category commercial, 1 had done so before.\n"
        )
        let wrong = try await site.dunlin("opt-out", "remove", "carol@example.com")
        #expect(wrong.code == 65)
        #expect(
            wrong.errors == """
                dunlin: carol@example.com has not opted out of everything: see 'dunlin opt-out check carol@example.com'

                """
        )
        #expect(
            try await shown(site, "opt-out", "remove", "carol@example.com", "--category", "commercial")
                == "carol@example.com is no longer opted out of category commercial.\n"
        )
        #expect(try await shown(site, "opt-out", "list") == "Nobody has opted out.\n")
    }

    @Test("what was never accepted is not there to show", arguments: [["message", "show"], ["why"]])
    func absent(command: [String]) async throws {
        let site = try Site(nil)
        let nowhere = try await site.start(command + ["77"]).end()
        #expect(nowhere.code == 66)
        #expect(
            nowhere.errors == """
                dunlin: there is no database at dunlin.sqlite: 'dunlin enqueue' makes one, or name another --config

                """
        )
        #expect(site.folder.text(of: "dunlin.sqlite") == nil)
        try await site.begin()
        let number = try await site.start(command + ["77"]).end()
        #expect(number.code == 65)
        #expect(number.errors.hasPrefix("dunlin: there is no message 77"))
        let key = try await site.start(command + ["INV-77"]).end()
        #expect(key.code == 65)
        #expect(key.errors == "dunlin: there is no message with the key 'INV-77'\n")
    }
}
