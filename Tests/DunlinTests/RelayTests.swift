import Foundation
import TestSupport
import Testing

@Suite("aiosmtpd as a relay, with STARTTLS and AUTH")
struct RelayTests {
    private struct Login: Decodable {
        let login: String
        let token: String?
    }

    @Test("whole and unchanged over STARTTLS with each way to authenticate", arguments: ["PLAIN", "LOGIN"])
    func delivers(mechanism: String) async throws {
        let certificate = try await Certificate()
        let relay = try await Peer.relay(
            .init(
                certificate: certificate.file,
                key: certificate.key,
                user: "dunlin",
                password: "s3cret pass:wörd",
                mechanisms: [mechanism]
            )
        )
        let site = try Site(
            sendingTo: relay.url,
            transport: [
                "tls: required", "ca_file: \(certificate.file)", "username: dunlin", "password: ${RELAY_PASSWORD}",
                "connections: 2",
            ],
            environment: ["RELAY_PASSWORD": "s3cret pass:wörd"]
        )
        try await site.enqueue(Correspondence.samples)
        let outcome = try await site.dunlin("work", "--until-empty")
        #expect(outcome.code == 0, "\(outcome.errors)")
        try Correspondence.verify(try await relay.mails())
        #expect(relay.arrivals.allSatisfy { $0.tls == true && $0.user == "dunlin" })
        #expect(relay.notes(Login.self).allSatisfy { $0.login == mechanism })
    }

    @Test("a wrong password stops the lane and spends no attempt; with the right one everything goes")
    func wrongPassword() async throws {
        let certificate = try await Certificate()
        let relay = try await Peer.relay(
            .init(
                certificate: certificate.file,
                key: certificate.key,
                user: "dunlin",
                password: "right",
                mechanisms: ["PLAIN", "LOGIN"]
            )
        )
        let site = try Site(
            sendingTo: relay.url,
            transport: ["ca_file: \(certificate.file)", "username: dunlin", "password: ${RELAY_PASSWORD}"]
        )
        let mails = (0..<30).map { Mail("m-\($0)") }
        let intake = try await site.dunlin(
            "enqueue",
            input: try Mail.lines(mails),
            environment: ["RELAY_PASSWORD": "wrong"]
        )
        #expect(intake.code == 0, "\(intake.errors)")

        let refused = try await site.dunlin("work", "--until-empty", environment: ["RELAY_PASSWORD": "wrong"])
        #expect(refused.code == 75)
        #expect(refused.errors.contains("lane email: smtp is stopped, its messages wait: "))
        #expect(refused.errors.contains("535"))
        #expect(!(refused.errors + refused.output).contains("wrong"))
        #expect(relay.count == relay.notes(Login.self).count, "something got through")
        #expect(relay.notes(Login.self).count < 5, "the lane went on trying")
        for key in ["m-0", "m-29"] {
            let shown = try await site.dunlin(
                "message",
                "show",
                key,
                "--json",
                environment: ["RELAY_PASSWORD": "wrong"]
            )
            let message = try JSONDecoder.peers.decode(ShownMessage.self, from: Data(shown.output.utf8))
            #expect(message.state == "waiting")
            #expect(message.attempts == 0)
            #expect(message.events.isEmpty)
        }

        let right = try await site.dunlin("work", "--until-empty", environment: ["RELAY_PASSWORD": "right"])
        #expect(right.code == 0, "\(right.errors)")
        #expect(relay.arrivals.count == 30)
    }

    @Test("a certificate that nobody vouches for is refused, and nothing is said in the clear")
    func wrongAuthority() async throws {
        let certificate = try await Certificate()
        let other = try await Certificate()
        let relay = try await Peer.relay(
            .init(
                certificate: certificate.file,
                key: certificate.key,
                user: "dunlin",
                password: "right",
                mechanisms: ["PLAIN"]
            )
        )
        let site = try Site(
            sendingTo: relay.url,
            transport: ["tls: required", "ca_file: \(other.file)", "username: dunlin", "password: right"],
            channel: ["retry: {first: 1h}"]
        )
        try await site.enqueue([Mail("m")])
        _ = try await site.dunlin("work", "--until-empty")
        #expect(relay.arrivals.isEmpty)
        #expect(relay.notes(Login.self).isEmpty)
        let message = try await site.message("m")
        #expect(message.state == "waiting")
        #expect(message.reason == "tls")
        #expect(message.events.first?.detail?.hasPrefix("tls: ") == true)
    }

    @Test("a certificate for another name is refused")
    func wrongName() async throws {
        let certificate = try await Certificate("DNS:elsewhere.example")
        let relay = try await Peer.relay(.init(certificate: certificate.file, key: certificate.key))
        let site = try Site(
            sendingTo: relay.url,
            transport: ["tls: required", "ca_file: \(certificate.file)"],
            channel: ["retry: {first: 1h}"]
        )
        try await site.enqueue([Mail("m")])
        _ = try await site.dunlin("work", "--until-empty")
        #expect(relay.arrivals.isEmpty)
        #expect(try await site.message("m").reason == "tls")
    }

    @Test("a server without STARTTLS gets nothing where TLS is required, and all where it is not")
    func withoutTLS() async throws {
        let relay = try await Peer.relay()
        let strict = try Site(sendingTo: relay.url, transport: ["tls: required"], channel: ["retry: {first: 1h}"])
        try await strict.enqueue([Mail("m")])
        _ = try await strict.dunlin("work", "--until-empty")
        #expect(relay.arrivals.isEmpty)
        let message = try await strict.message("m")
        #expect(message.state == "waiting")
        #expect(message.reason == "tls")

        let lax = try Site(sendingTo: relay.url, transport: ["tls: opportunistic"])
        try await lax.enqueue([Mail("m")])
        try await lax.run("work", "--until-empty")
        #expect(relay.arrivals.map(\.tls) == [false])
    }

    @Test("an address that needs SMTPUTF8 goes where it is offered, and is an error that says so where not")
    func internationalAddress() async throws {
        let address = "почта@пример.example"
        let offering = try await Peer.relay(.init(smtputf8: true))
        let there = try Site(sendingTo: offering.url)
        try await there.enqueue([Mail("m", to: "Олена <\(address)>"), Mail("n", to: "plain@пример.example")])
        try await there.run("work", "--until-empty")
        #expect(
            Set(offering.arrivals.flatMap(\.recipients)) == [
                "почта@xn--e1afmkfd.example", "plain@xn--e1afmkfd.example",
            ]
        )
        for arrival in offering.arrivals {
            #expect(arrival.parameters.contains("SMTPUTF8") == (arrival.recipients.first?.hasPrefix("plain") == false))
        }
        for mail in try await offering.mails() {
            #expect(mail.defects.filter { !$0.contains("NonASCIILocalPartDefect") } == [])
        }

        let plain = try await Peer.relay()
        let here = try Site(sendingTo: plain.url)
        try await here.enqueue([Mail("m", to: address), Mail("n", to: "plain@пример.example")])
        try await here.run("work", "--until-empty")
        let message = try await here.message("m")
        #expect(message.state == "failed")
        #expect(message.reason == "unsupported")
        #expect(
            message.events.first?.detail
                == "unsupported: the address is not ASCII before its '@', and the server offers no SMTPUTF8"
        )
        #expect(plain.arrivals.map(\.recipients) == [["plain@xn--e1afmkfd.example"]])
    }

    @Test("a message above the server's SIZE is an error that names the limit, and nothing of it is sent")
    func size() async throws {
        let relay = try await Peer.relay(.init(size: 20_000))
        let site = try Site(sendingTo: relay.url)
        try await site.enqueue([Mail("big", text: String(repeating: "0123456789\n", count: 4000)), Mail("small")])
        try await site.run("work", "--until-empty")
        let message = try await site.message("big")
        #expect(message.state == "failed")
        #expect(message.reason == "too_large")
        #expect(message.events.first?.detail == "too_large: the server takes at most 20000 bytes")
        #expect(relay.arrivals.count == 1)
    }

    @Test("a bearer token comes from a command, is kept, and is fetched again when it is refused")
    func bearerToken() async throws {
        let relay = try await Peer.relay(.init(mechanisms: ["XOAUTH2"], token: "fresh-token"))
        let site = try Site(
            sendingTo: relay.url,
            transport: ["tls: none", "username: dunlin@example.com", "token_command: ./token", "connections: 1"]
        )
        let script = try site.folder.write(
            """
            #!/bin/sh
            echo run >> runs
            if [ "$(wc -l < runs)" = 1 ]; then echo stale-token; else
            echo '{"access_token": "fresh-token", "expires_in": 3600}'; fi

            """,
            to: "token"
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script)
        try await site.enqueue((0..<5).map { Mail("m-\($0)") })
        let outcome = try await site.dunlin("work", "--until-empty")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(relay.arrivals.count == 5)
        #expect(relay.notes(Login.self).map(\.token) == ["Bearer stale-token", "Bearer fresh-token"])
        #expect(site.folder.text(of: "runs") == "run\nrun\n")
        #expect(!outcome.errors.contains("token"), "\(outcome.errors)")
    }

    @Test("a token command that fails leaves the messages waiting")
    func failingTokenCommand() async throws {
        let relay = try await Peer.relay(.init(mechanisms: ["XOAUTH2"], token: "fresh-token"))
        let site = try Site(
            sendingTo: relay.url,
            transport: ["tls: none", "username: dunlin", "token_command: exit 3"],
            channel: ["retry: {first: 1h}"]
        )
        try await site.enqueue([Mail("m")])
        _ = try await site.dunlin("work", "--until-empty")
        let message = try await site.message("m")
        #expect(message.state == "waiting")
        #expect(relay.arrivals.isEmpty)
        #expect(relay.notes(Login.self).isEmpty)
    }
}
