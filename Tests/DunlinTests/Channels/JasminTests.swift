import Foundation
import Testing

@Suite("Texts through Jasmin's gateway")
struct JasminTests {
    private struct Options: Encodable {
        let password: String
    }

    /// A text that the gateway took.
    private struct Text: Decodable {
        let id: String
        let to: String
        let text: String
    }

    private struct Receipt: Decodable {
        let receipt: String
        let status: Int
        let answer: String
    }

    private func begin() async throws -> (Peer, WebServer) {
        let peer = try await Peer("jasmin", Options(password: "secret"))
        let port = try FreePort.find()
        let folder = URL(fileURLWithPath: Installed.templates).deletingLastPathComponent().path
        let example = try String(contentsOfFile: "\(folder)/deploy/gateways/jasmin.yml", encoding: .utf8)
        let site = try Site(
            Site.brands + "http: {listen: \"127.0.0.1:\(port)\", public_url: \"http://127.0.0.1:\(port)\"}\n"
                + example.replacing("http://127.0.0.1:1401", with: "http://127.0.0.1:\(peer.port)")
                .replacing("    transports:", with: "    uncertain: hold\n    transports:"),
            environment: ["JASMIN_PASSWORD": "secret"]
        )
        return (peer, try await WebServer(site, listening: port))
    }

    @Test("each comes to the end that the gateway gives it, once, whatever is lost, repeated or out of order")
    func ends() async throws {
        let (peer, server) = try await begin()
        // An answer that is lost is cleared up by the receipt, which names our message.
        let ends = [
            "+12025550100": "delivered", "+12025550101": "failed", "+12025550102": "delivered",
            "+12025550103": "held", "+12025550104": "bounced", "+12025550105": "delivered",
            "+12025550106": "delivered",
        ]
        for number in ends.keys.sorted() {
            var mail = Mail(number, to: number, text: "Grüße, 你好")
            mail.channel = "sms"
            mail.content?.subject = ""
            _ = try await server.enqueue(mail)
        }
        for (number, state) in ends {
            try await eventually("\(number) is \(state)") { try await server.site.message(number).state == state }
        }
        let texts = peer.notes(Text.self)
        #expect(texts.map(\.to).sorted() == ["0", "2", "4", "5", "6"].map { "1202555010\($0)" })
        #expect(texts.allSatisfy { $0.text.hasPrefix("Grüße, 你好\nYou can stop these messages: http://") }, "\(texts)")
        try await eventually("every receipt is told") { peer.notes(Receipt.self).count == 12 }
        let receipts = peer.notes(Receipt.self)
        #expect(receipts.allSatisfy { $0.status == 200 && $0.answer == "ACK/Jasmin" }, "\(receipts)")
        #expect(receipts.count == 12, "a receipt that was acknowledged came again")
        #expect(try await server.site.dunlin("opt-out", "check", "+12025550101").output.contains("(bounce)"))
        #expect(try await server.site.status().sumHolds)
        #expect(await server.stop().ending == .exited(0))
    }
}
