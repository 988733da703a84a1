import Foundation
import Testing

@Suite("Texts through Twilio")
struct TwilioTests {
    private struct Options: Encodable {
        let account: String
        let token: String
    }

    /// A text that Twilio took.
    private struct Text: Decodable {
        let sid: String
        let to: String
        let body: String
    }

    private struct Callback: Decodable {
        let callback: String
        let status: Int
    }

    private static let account = "AC" + String(repeating: "0", count: 32)

    private func begin(_ token: String = "secret", believed: String = "secret") async throws -> (Peer, WebServer) {
        let peer = try await Peer("twilio", Options(account: Self.account, token: token))
        let port = try FreePort.find()
        let site = try Site(
            Site.brands + """
                http: {listen: "127.0.0.1:\(port)", public_url: "http://127.0.0.1:\(port)"}
                channels:
                  sms:
                    retry: {first: 20ms, max: 50ms}
                    transports:
                      - {type: twilio, account_sid: \(Self.account), auth_token: \(believed), from: "+12025550199",
                         url: "http://127.0.0.1:\(peer.port)"}

                """
        )
        return (peer, try await WebServer(site, listening: port))
    }

    private func text(_ number: String) -> Mail {
        var mail = Mail(number, to: number)
        mail.channel = "sms"
        mail.content?.subject = ""
        return mail
    }

    @Test("each comes to the end that its provider gives it, once, whatever is lost, repeated or out of order")
    func ends() async throws {
        let (peer, server) = try await begin()
        let ends = [
            "+12025550100": "delivered", "+12025550101": "failed", "+12025550102": "failed",
            "+12025550103": "delivered",
            "+12025550104": "sent", "+12025550105": "delivered", "+12025550106": "bounced", "+12025550107": "sent",
        ]
        let lines = try ends.keys.sorted().map { try text($0).line }
        #expect(try await server.send("POST", "/v1/messages", "[\(lines.joined(separator: ","))]").status == 202)
        for (number, state) in ends {
            try await eventually("\(number) is \(state)") { try await server.site.message(number).state == state }
        }
        let texts = peer.notes(Text.self)
        let taken = Dictionary(grouping: texts, by: \.to).mapValues(\.count)
        #expect(taken.values.allSatisfy { $0 == 1 }, "sent twice: \(taken)")
        #expect(taken["+12025550101"] == nil && taken["+12025550102"] == nil)
        #expect(taken.count == 6)
        #expect(texts.allSatisfy { $0.body == "Hello.\nReply STOP to stop texts." })
        #expect(peer.notes(Callback.self).allSatisfy { $0.status == 200 })

        let found = try await server.site.message("+12025550107").events.map { "\($0.kind) \($0.detail ?? "")" }
        #expect(found.first?.hasPrefix("uncertain") == true)
        #expect(found.last?.hasPrefix("sent found at Twilio") == true, "\(found)")
        for (number, source) in [
            ("+12025550101", "bounce"), ("+12025550102", "provider"), ("+12025550106", "provider"),
        ] {
            let check = try await server.site.dunlin("opt-out", "check", number)
            #expect(check.output.contains("(\(source))"), "\(check.output)")
        }
        #expect(try await server.site.status().sumHolds)
        #expect(await server.stop().ending == .exited(0))
    }

    @Test("credentials that are refused stop the lane; the text waits and has lost nothing")
    func credentials() async throws {
        let (peer, server) = try await begin(believed: "wrong")
        _ = try await server.enqueue(text("+12025550100"))
        try await eventually("the lane is stopped") {
            try await server.site.status().lanes.contains {
                $0.state == "stopped" && $0.reason?.contains("20003") == true
            }
        }
        let message = try await server.site.message("+12025550100")
        #expect(message.state == "waiting")
        #expect(message.attempts == 0)
        #expect(peer.notes(Text.self).isEmpty)
    }

    @Test("a callback that Twilio has not signed is refused, and one of nobody's is not found")
    func forged() async throws {
        let (peer, server) = try await begin()
        _ = try await server.enqueue(text("+12025550104"))
        try await eventually("it is sent") { try await server.site.message("+12025550104").state == "sent" }
        let form = "MessageSid=SM\(String(repeating: "0", count: 32))&MessageStatus=delivered"
        func post(_ path: String, _ headers: [String: String] = [:]) async throws -> Int {
            try await server.send(
                "POST",
                path,
                form,
                type: "application/x-www-form-urlencoded",
                headers: headers
            ).status
        }
        #expect(try await post("/hooks/twilio") == 403)
        #expect(try await post("/hooks/twilio", ["X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="]) == 403)
        #expect(try await post("/hooks/nobody") == 404)
        #expect(try await server.site.message("+12025550104").state == "sent")
        #expect(peer.notes(Text.self).count == 1)
    }
}

extension TwilioTests {
    @Test(
        "what texts cost is counted by day and brand, told before they go, and never more than the day's cap is spent"
    )
    func spending() async throws {
        let peer = try await Peer("twilio", Options(account: Self.account, token: "secret"))
        let site = try Site(
            Site.brands + """
                channels:
                  sms:
                    max_segments: 2
                    limits:
                      - {each: brand, spend_per_day: 0.20, time_zone: America/New_York}
                    transports:
                      - {type: twilio, account_sid: \(Self.account), auth_token: secret, from: "+12025550199",
                         url: "http://127.0.0.1:\(peer.port)", price: 0.01}

                """
        )
        try await site.enqueue((0..<30).map { self.text("+1202555\(1000 + $0 * 10)") })
        let before = try await site.run("spending")
        #expect(before.contains("Nothing was sent") && before.contains("0.30 USD (twilio)"), "\(before)")
        let server = try await WebServer(site)
        try await eventually("all is spent") {
            try await site.run("lane", "list").contains("the day's 0.20 are spent")
        }
        let sent = try await site.status().count("sent")
        #expect((18...20).contains(sent), "\(sent)")
        #expect(peer.notes(Text.self).count == sent)
        let after = try await site.run("spending", "--json")
        #expect(
            after.contains(#""messages":\#(sent),"units":\#(sent),"amount":"0.\#(sent)","currency":"USD""#),
            "\(after)"
        )
        let list = try await site.run("lane", "list")
        #expect(list.contains("brand:acme") && list.contains("the day's 0.20 are spent"), "\(list)")
        _ = server
    }
}
