import Foundation
import TestSupport
import Testing

@Suite("dunlin init and dunlin check")
struct ConfigurationCommandTests {
    @Test("what init writes is good as it stands, and is never written over")
    func initialise() async throws {
        let site = try Site(nil)
        let first = try await site.dunlin("init")
        #expect(first.code == 0)
        #expect(
            first.output == """
                dunlin.yaml is written. Name your brand and your mail server in it, then run 'dunlin check'.

                """
        )
        let written = try #require(site.folder.text(of: "dunlin.yaml"))
        let second = try await site.dunlin("init")
        #expect(second.code == 73)
        #expect(second.output == "")
        #expect(second.errors == "dunlin: dunlin.yaml cannot be written: File exists\n")
        #expect(site.folder.text(of: "dunlin.yaml") == written)

        let check = try await site.dunlin("check")
        #expect(check.code == 0, "\(check.output)")
        #expect(
            check.output.replacing(Installed.templates, with: "(templates)") == """
                CHECK                      VERDICT
                configuration          ok  dunlin.yaml
                brands                 ok  example
                compliance of example  ok  assumed: sender_role: it speaks of its own invoices, under its own name
                                           assumed: jurisdictions: US
                                           assumed: time_zone: UTC, for recipients of whom no zone is known
                                           assumed: sms_basis: people gave their numbers in connection with what they bought
                templates              ok  8 in (templates)
                database               ok  dunlin.sqlite
                http                   ok  127.0.0.1:8025, without any token: programs on this machine may do everything, others nothing
                email: outbox          ok  writes to outbox

                """
        )
    }

    @Test("check tells what is wrong in one go, with exit status 78")
    func severalFaults() async throws {
        let site = try Site(
            """
            brands:
              acme:
                name: Acme
                from: nobody
                postal_address: 1 Main Street
            channels:
              email:
                transports: [{type: smtp, url: "http://x"}]
            """
        )
        let check = try await site.dunlin("check")
        #expect(check.code == 78)
        #expect(check.output.contains("brands         no  brands.acme.from: The address has no \"@\""))
        #expect(check.output.contains("channels.email.transports[0].url: it is no mail server: "))
        #expect(check.output.contains("templates      ok"))
        let json =
            try JSONSerialization.jsonObject(
                with: Data(try await site.dunlin("check", "--json").output.utf8)
            ) as? [[String: Any]]
        #expect(json?.filter { $0["passes"] as? Bool == false }.count == 2)
    }

    @Test("check speaks with the mail server: one that is there, and one that is not")
    func transports() async throws {
        let sink = try await Peer.sink()
        func site(_ url: String) async throws -> Site {
            let site = try Site(
                Site.brands + "http: {public_url: \"https://reminders.acme.example\"}\n"
                    + "channels: {email: {transports: [\"\(url)\"]}}\n"
            )
            try await site.run("token", "create", "--name", "t", "--scope", "read")
            return site
        }
        let good = try await site(sink.url).dunlin("check")
        #expect(good.code == 0, "\(good.output)\(good.errors)")
        let port = try FreePort.find()
        let bad = try await site("smtp://127.0.0.1:\(port)").dunlin("check")
        #expect(bad.code == 78)
        #expect(bad.output.contains("email: smtp         no"), "\(bad.output)")
        #expect(sink.arrivals.isEmpty)
    }

    @Test(
        "check finds what cannot comply: no address, no way to say no, texts of a collector; and names what was assumed"
    )
    func compliance() async throws {
        let sink = try await Peer.sink()
        let site = try Site(
            """
            brands:
              acme:
                name: Acme
                from: a@acme.example
                postal_address: Here
                compliance: {sender_role: third_party_collector, jurisdictions: [US-MA], time_zone: America/New_York}
            channels:
              email: {transports: ["\(sink.url)"]}
              sms: {transports: [{type: outbox}]}
            """
        )
        let check = try await site.dunlin("check")
        #expect(check.code == 78)
        for words in [
            "'Here' is none", "emails carry no link to say no", "a collector sends no texts", "nothing is assumed",
        ] {
            #expect(check.output.contains(words), "\(words): \(check.output)")
        }
        let rules = try await site.run("comply", "rules")
        for rule in ["ST-01", "RF-01", "SM-13"] {
            let line = rules.split(separator: "\n").first { $0.hasPrefix(rule) } ?? ""
            #expect(line.contains(" on "), "\(rule): \(rules)")
        }
        let wrong = try Site(Site.brands.replacing("SM-08: false", with: "OPT-OUT: false"))
        #expect(try await wrong.dunlin("check").output.contains("rules.OPT-OUT: it always holds"))
    }

    struct Fault: CustomTestStringConvertible {
        let yaml: String
        let message: String
        var testDescription: String { message }
    }

    static let faults = [
        Fault(yaml: "databse: sqlite:x\n", message: "dunlin.yaml:1: databse: "),
        Fault(yaml: "sandbox: perhaps\n", message: "dunlin.yaml:1: sandbox: "),
        Fault(
            yaml: "channels:\n  email:\n    retry: {first: soon}\n",
            message: "dunlin.yaml:3: channels.email.retry.first: 'soon' is no length of time: "
        ),
        Fault(
            yaml: "channels:\n  email:\n    transports: [{type: smtp, url: \"smtp://x\", password: \"${NOPE}\"}]\n",
            message: "dunlin.yaml:3: channels.email.transports[0].password: the environment has no NOPE: "
                + "set it, or write the value here\n"
        ),
        Fault(yaml: "channels:\n  fax: {}\n", message: "dunlin.yaml:"),
        Fault(
            yaml: "database: oracle:x\n",
            message: "dunlin.yaml:1: database: this is no database that is known: write sqlite:FILE"
        ),
        Fault(yaml: "brands: [\n", message: "dunlin.yaml:2: no valid YAML: "),
    ]

    @Test("a wrong configuration stops every command, and names the line and the key", arguments: faults)
    func fault(_ fault: Fault) async throws {
        let site = try Site(fault.yaml)
        for command in ["status", "enqueue", "work"] {
            let outcome = try await site.dunlin(command)
            #expect(outcome.code == 78)
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix("dunlin: " + fault.message), "\(outcome.errors)")
        }
        #expect(site.folder.text(of: "dunlin.sqlite") == nil)
    }

    @Test("a configuration that is named and not there")
    func missing() async throws {
        let site = try Site(nil)
        let outcome = try await site.dunlin("status", "--config", "other.yaml")
        #expect(outcome.code == 78)
        #expect(outcome.errors == "dunlin: other.yaml: there is no such file: 'dunlin init' writes one\n")
    }

    @Test("the sandbox sends nothing, whatever the transports say")
    func sandbox() async throws {
        let sink = try await Peer.sink()
        let site = try Site(
            Site.brands + "sandbox: true\nchannels: {email: {transports: [\"\(sink.url)\"]}}\n"
        )
        try await site.enqueue([Mail("m")])
        try await site.run("work", "--until-empty")
        #expect(sink.arrivals.isEmpty)
        #expect(site.folder.text(of: "outbox/00000001.eml") != nil)
    }
}
