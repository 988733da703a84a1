import Foundation
import Testing

@Suite("Email that is shaped", .timeLimit(.minutes(3)))
struct ShapingTests {
    private static func mails(_ count: Int, _ domain: String) -> [Mail] {
        (0..<count).map { Mail("\(domain)-\($0)", to: "p\($0)@\(domain)") }
    }

    @Test("relays that are slow, full or put off hold up none but their own domains")
    func boundTransports() async throws {
        let fast = try await SMTPSink([])
        let slow = try await SMTPSink(["-w", "1"])
        let full = try await SMTPSink(["-Q", "RCPT"])
        let later = try await SMTPSink(["-b", "450 4.2.1 mailbox busy, try again in 1 minute", "-r", "RCPT"])
        let site = try Site(
            Site.brands + """
                channels:
                  email:
                    retry: {first: 10m}
                    limits:
                      - {each: domain, domains: [capped.example], rate: 10/s, burst: 1}
                    transports:
                      - {name: fast, type: smtp, url: "\(fast.url)"}
                      - {name: slow, type: smtp, url: "\(slow.url)", domains: [slow.example], connections: 1}
                      - {name: full, type: smtp, url: "\(full.url)", domains: ["full.example", "*.full.example"]}
                      - {name: later, type: smtp, url: "\(later.url)", domains: [later.example]}

                """
        )
        // What is in the way stands in front.
        try await site.enqueue(
            Self.mails(20, "slow.example") + Self.mails(20, "full.example") + Self.mails(20, "mx.full.example")
                + Self.mails(20, "later.example") + Self.mails(60, "capped.example") + Self.mails(600, "example.com")
        )
        let server = try await WebServer(site)
        try await eventually("the fast relay has all of its own") {
            try fast.perSecond().reduce(0, +) >= 600 + 20
        }
        #expect(try slow.perSecond().reduce(0, +) < 20)
        let status = try await site.run("lane", "list")
        #expect(status.contains("email/full") && status.contains("domain:capped.example"))
        let table = [("fast", fast), ("slow", slow), ("full", full), ("later", later)].map { name, sink in
            "\(name): \((try? sink.perSecond()) ?? [])"
        }
        print("mails per second, by relay\n" + table.joined(separator: "\n"))
        try await eventually("the others go at their own pace") {
            try fast.perSecond().reduce(0, +) == 660 && slow.perSecond().reduce(0, +) == 20
        }
        // Ten a second and one at once: sixty take nearly six seconds.
        let capped = try await fast.mails().filter { $0.toAddress.hasSuffix("@capped.example") }
        #expect(capped.count == 60)
        #expect(try full.perSecond().isEmpty && later.perSecond().isEmpty)
        let waiting = try await site.message("later.example-0")
        #expect(waiting.state == "waiting" && waiting.reason == "temporary")
        #expect(try await site.run("why", "later.example-0").contains("due"))
        #expect(try await site.status().sumHolds)
        _ = server
    }

    @Test("orders about a domain and a brand are given, shown and ended on the command line")
    func orders() async throws {
        let sink = try await SMTPSink([])
        let site = try Site(sendingTo: sink.url)
        try await site.run(
            "lane",
            "pause",
            "email",
            "--domain",
            "Example.org",
            "--reason",
            "blocked there",
            "--for",
            "2h"
        )
        try await site.run("lane", "pause", "email", "--brand", "acme", "--rate", "1/h", "--reason", "complaints")
        let later = try await site.run(
            "lane",
            "pause",
            "email",
            "--reason",
            "holidays",
            "--from",
            "2099-12-24T18:00:00Z",
            "--for",
            "3d"
        )
        #expect(later.contains("email is paused from 2099-12-24T18:00:00Z until 2099-12-27T18:00:00Z"))
        let list = try await site.run("lane", "list")
        #expect(list.contains("email, domain example.org is paused until"))
        #expect(list.contains("email, brand acme sends at most 1/h until it is resumed"))
        #expect(try await site.dunlin("lane", "pause", "email", "--brand", "nobody", "--reason", "x").code == 64)
        #expect(try await site.dunlin("lane", "pause", "email", "--rate", "fast", "--reason", "x").code == 64)
        #expect(
            try await site.dunlin("lane", "pause", "email", "--brand", "acme", "--domain", "a.example", "--reason", "x")
                .code
                == 64
        )
        try await site.enqueue(Self.mails(2, "example.org") + Self.mails(2, "example.com"))
        try await site.run("lane", "resume", "email", "--brand", "acme")
        try await site.run("work", "--until-empty")
        #expect(try await site.status().count("sent") == 2)
        let why = try await site.run("why", "example.org-0")
        #expect(why.contains("kept by domain:example.org") && why.contains("blocked there"))
        try await site.run("lane", "resume", "email", "--domain", "example.org")
        try await site.run("work", "--until-empty")
        #expect(try await site.status().count("sent") == 4)
    }
}
