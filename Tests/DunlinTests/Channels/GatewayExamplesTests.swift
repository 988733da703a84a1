import Curl
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Messaging
@testable import dunlin

@Suite("The gateways that deploy/gateways describes")
struct GatewayExamplesTests {
    /// What a provider answers, and what that must mean.
    struct Example: Sendable, CustomTestStringConvertible {
        let provider: String
        let status: Int
        let answer: String
        let meaning: String

        init(_ provider: String, _ status: Int, _ answer: String, _ meaning: String) {
            (self.provider, self.status, self.answer, self.meaning) = (provider, status, answer, meaning)
        }

        var testDescription: String { "\(provider) \(status) \(answer.prefix(40))" }
    }

    static let examples = [
        Example(
            "jasmin",
            200,
            #"Success "07033084-5cfd-4812-90a4-e4d24ffb6e3d""#,
            "accepted 07033084-5cfd-4812-90a4-e4d24ffb6e3d"
        ),
        Example("jasmin", 403, #"Error "Authentication failure for username:foo""#, "fault"),
        Example("jasmin", 412, #"Error "No route found""#, "fault"),
        Example("jasmin", 400, #"Error "Argument [content] is missing""#, "rejected"),
        Example("jasmin", 500, #"Error "Cannot send submit_sm, check log file for details""#, "uncertain"),
        Example("jasmin", 200, "", "uncertain"),
        Example(
            "vonage",
            200,
            #"{"message-count": "1", "messages": [{"to": "12025550123", "message-id": "0A0000000123ABCD1", "status": "0"}]}"#,
            "accepted 0A0000000123ABCD1"
        ),
        Example("vonage", 200, #"{"messages": [{"status": "1", "error-text": "Throttled"}]}"#, "throttled"),
        Example("vonage", 200, #"{"messages": [{"status": "2", "error-text": "Missing to param"}]}"#, "rejected"),
        Example("vonage", 200, #"{"messages": [{"status": "4", "error-text": "Bad Credentials"}]}"#, "fault"),
        Example("vonage", 200, #"{"messages": [{"status": "5", "error-text": "Internal Error"}]}"#, "retry"),
        Example("vonage", 200, #"{"messages": [{"status": "33", "error-text": "Number De-activated"}]}"#, "bad number"),
        Example(
            "plivo",
            202,
            #"{"api_id": "x", "message": "message(s) queued", "message_uuid": ["5b40a428-bfc7"]}"#,
            "accepted 5b40a428-bfc7"
        ),
        Example("plivo", 401, "Could not verify your access level for that URL.", "fault"),
        Example("plivo", 400, #"{"error": "dst parameter is not valid"}"#, "bad number"),
        Example(
            "sinch",
            201,
            #"{"id": "01FC66621ABCDE119Z8PMV1QPQ", "to": ["12025550123"]}"#,
            "accepted 01FC66621ABCDE119Z8PMV1QPQ"
        ),
        Example("sinch", 400, #"{"code": "syntax_invalid_parameter_format", "text": "MSISDN"}"#, "bad number"),
        Example("sinch", 429, "", "throttled"),
        Example(
            "messagebird",
            201,
            #"{"id": "e8077d803532c0b5937c639b60216938", "href": "https://rest.messagebird.com/messages/e80"}"#,
            "accepted e8077d803532c0b5937c639b60216938"
        ),
        Example(
            "messagebird",
            422,
            #"{"errors": [{"code": 9, "description": "no (correct) recipients found"}]}"#,
            "bad number"
        ),
        Example("messagebird", 401, #"{"errors": [{"code": 2, "description": "Request not allowed"}]}"#, "fault"),
    ]

    @Test("read its answers as the provider means them", arguments: examples)
    func answers(example: Example) async throws {
        let server = try ScriptedHTTPServer { _ in .answer(example.status, example.answer) }
        let thread = NetworkThread()
        thread.start()
        defer { thread.stop() }
        let transport = try transport(example.provider, server, thread)
        let report = await report(transport, "Hello \"Ada\" & €5\n")
        let meaning =
            switch (report.result, report.sign) {
            case (.outcome(.accepted(_, let reference)), _): "accepted \(reference ?? "")"
            case (.outcome(.putBack), .ourFault): "fault"
            case (.outcome(.rejected(.recipient, _)), _): "bad number"
            case (.outcome(.rejected), _): "rejected"
            case (.outcome(.retry), .throttled): "throttled"
            case (.outcome(.retry), _): "retry"
            case (.outcome(.uncertain), _): "uncertain"
            default: "\(report)"
            }
        #expect(meaning == example.meaning)
        #expect(server.requests.count == 1)
    }

    @Test(
        "put the number, the words and the time where the provider looks for them",
        arguments: ["jasmin", "vonage", "plivo", "sinch", "messagebird"]
    )
    func requests(provider: String) async throws {
        let server = try ScriptedHTTPServer { _ in .answer(500, "") }
        let thread = NetworkThread()
        thread.start()
        defer { thread.stop() }
        _ = await report(try transport(provider, server, thread), "Hello \"Ada\" & €5\n")
        let request = try #require(server.requests.first)
        #expect(request.text.contains("12025550123"))
        #expect(request.text.contains("d.example"), "where receipts are taken is not told")
        if request.headers["content-type"] == "application/json" {
            let object = try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
            #expect(object.values.contains { $0 as? String == "Hello \"Ada\" & €5\n" })
        } else if provider == "jasmin" {
            #expect(request.text.contains("hex-content=00480065006C006C006F"))
        } else {
            #expect(request.text.contains("text=Hello+%22Ada%22+%26+%E2%82%AC5%0A"))
        }
    }

    private func transport(
        _ provider: String,
        _ server: ScriptedHTTPServer,
        _ thread: NetworkThread
    ) throws -> any Transport {
        let path = "\(Installed.repository)/deploy/gateways/\(provider).yml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let local = text.replacing(/url: https?:\/\/[^\/\n]+/) { _ in "url: \(server.url)" }
        #expect(local != text)
        let environment = Dictionary(
            text.matches(of: /\$\{([A-Z_]+)\}/).map { (String($0.output.1), "secret") },
            uniquingKeysWith: { $1 }
        )
        let configuration = try StrictDecoder(environment: environment, file: path).decode(
            Configuration.self,
            from: local
        )
        let transports = try Transports.make(
            configuration.messaging,
            thread: thread,
            publicURL: "https://d.example"
        )
        return try #require(transports[.sms]?.first)
    }

    private func report(_ transport: any Transport, _ text: String) async -> DeliveryReport {
        let parts = Delivery.PartsPayload(
            channel: .sms,
            to: "+1 202 555 0123",
            addressKey: "+12025550123",
            brand: "acme",
            parts: ["sms.txt": Array(text.utf8)]
        )
        let handOff = HandOff(
            id: 7,
            fence: 1,
            channel: .sms,
            attempts: 0,
            since: 0,
            expires: nil,
            startedAt: 0,
            acceptedAt: 0,
            document: []
        )
        return await withCheckedContinuation { continuation in
            transport.start { continuation.resume(returning: $0[0]) }
            transport.deliver([Delivery(handOff: handOff, payload: .parts(parts), startBy: .max)])
        }
    }
}
