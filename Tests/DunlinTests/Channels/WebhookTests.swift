import Foundation
import Testing

@Suite("Messages to Slack, Teams and a partner's endpoint")
struct WebhookTests {
    enum Kind: String, Encodable, CaseIterable {
        case slack, teams, partner
    }

    private struct Options: Encodable {
        let kind: Kind
        let secret: String
    }

    /// A message that was shown.
    private struct Shown: Decodable {
        let text: String
        let id: String
        let again: Bool
    }

    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func begin(_ kind: Kind, believed: String = secret) async throws -> (Peer, WebServer) {
        let peer = try await Peer("chat", Options(kind: kind, secret: Self.secret))
        let format = kind == .partner ? "secrets: [\(believed)]" : "format: \(kind.rawValue)"
        let site = try Site(
            Site.brands + """
                channels:
                  webhook:
                    retry: {first: 20ms, max: 50ms}
                    uncertain: hold
                    transports:
                      - {type: webhook, url: "http://127.0.0.1:\(peer.port)/hooks", \(format)}

                """
        )
        return (peer, try await WebServer(site))
    }

    private func mail(_ word: String) -> Mail {
        var mail = Mail(word, to: "ops", text: "Please \(word)")
        mail.channel = "webhook"
        return mail
    }

    @Test("each message comes to its end, and what is shown was shown once", arguments: Kind.allCases)
    func ends(kind: Kind) async throws {
        let (peer, server) = try await begin(kind)
        // Where a repetition is known for one, nothing is in doubt; else a person decides, and nothing goes twice.
        let doubt = kind == .partner ? "sent" : "held"
        let ends = [
            "go": "sent", "slow": "sent", "throttle": "sent", "refuse": "failed", "lose": doubt, "broken": doubt,
        ]
        for word in ends.keys.sorted() { _ = try await server.enqueue(mail(word)) }
        for (word, state) in ends {
            try await eventually("\(word) is \(state)") { try await server.site.message(word).state == state }
        }
        let shown = peer.notes(Shown.self)
        let once = Dictionary(grouping: shown.filter { !$0.again }, by: \.text).mapValues(\.count)
        #expect(once == ["Please go": 1, "Please slow": 1, "Please throttle": 1, "Please lose": 1, "Please broken": 1])
        let repeated = Set(shown.filter(\.again).map(\.text))
        #expect(repeated == (kind == .partner ? ["Please lose", "Please broken"] : []))
        let throttled = try await server.site.message("throttle")
        #expect(throttled.attempts == 2)
        #expect(throttled.events.map(\.kind) == ["retry", "sent"])
        #expect(try await server.site.status().sumHolds)
        #expect(await server.stop().ending == .exited(0))
    }

    @Test("a partner that does not know our signature stops the lane, and the message waits")
    func unsigned() async throws {
        let (peer, server) = try await begin(.partner, believed: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        _ = try await server.enqueue(mail("go"))
        try await eventually("the lane is stopped") {
            try await server.site.status().lanes.contains { $0.state == "stopped" }
        }
        #expect(try await server.site.message("go").state == "waiting")
        #expect(try await server.site.message("go").attempts == 0)
        #expect(peer.notes(Shown.self).isEmpty)
    }
}
