import Curl
import Foundation
import Testing

@testable import Messaging

@Suite("Webhooks of messages")
struct WebhookProviderTests {
    private static func provider(
        _ format: WebhookSettings.Format,
        secrets: [String] = [],
        url: String? = "https://example.com/hooks"
    ) -> WebhookProvider {
        WebhookProvider(
            url: url,
            format: format,
            secrets: secrets,
            headers: [("X-Tenant", "7")],
            timeoutMilliseconds: 1000,
            allowsPrivate: true,
            caFile: nil
        )
    }

    private static func delivery(_ channel: Channel, _ parts: [String: String]) -> (Delivery, Delivery.PartsPayload) {
        var payload = Delivery.PartsPayload(
            channel: channel,
            to: "urn:li:person:abc",
            addressKey: "urn:li:person:abc",
            brand: "acme",
            parts: parts.mapValues { Array($0.utf8) }
        )
        payload.key = "INV-1/first"
        payload.customer = "C-1"
        payload.metadata = Array(#"{"a":[1,2]}"#.utf8)
        let handOff = HandOff(
            id: 7,
            fence: 1,
            channel: channel,
            attempts: 0,
            since: 0,
            expires: nil,
            startedAt: 0,
            acceptedAt: 1_700_000_000_000,
            document: []
        )
        return (Delivery(handOff: handOff, payload: .parts(payload), startBy: .max), payload)
    }

    private static func body(
        _ format: WebhookSettings.Format,
        _ channel: Channel,
        _ parts: [String: String]
    ) throws -> String {
        let (delivery, payload) = delivery(channel, parts)
        let request = try provider(format).request(for: delivery, payload, now: 1_700_000_100)
        return String(decoding: request.body, as: UTF8.self)
    }

    @Test("a message is told with all that it says")
    func standard() throws {
        #expect(
            try Self.body(.standard, .letter, ["letter.html": "<p>Hi</p>", "letter.txt": "Hi", "subject.txt": "Re"])
                == #"{"type":"message","timestamp":"2023-11-14T22:13:20Z","data":{"id":7,"key":"INV-1/first","#
                + #""channel":"letter","to":"urn:li:person:abc","brand":"acme","subject":"Re","text":"Hi","#
                + #""html":"<p>Hi</p>","customer":"C-1","metadata":{"a":[1,2]}}}"#
        )
    }

    @Test("LinkedIn-style: recipient, subject, body and id")
    func linkedIn() throws {
        #expect(
            try Self.body(.linkedin, .linkedin, ["linkedin.txt": "Hi", "subject.txt": "An invoice"])
                == #"{"id":"msg_7","recipient":"urn:li:person:abc","subject":"An invoice","body":"Hi"}"#
        )
    }

    @Test("Slack is given text in which nothing is a link or a mention")
    func slack() throws {
        #expect(
            try Self.body(.slack, .webhook, ["webhook.txt": "<!channel> a & b", "subject.txt": "New"])
                == #"{"text":"*New*\n&lt;!channel&gt; a &amp; b"}"#
        )
    }

    @Test("Teams is given an adaptive card, of at most 28 KB")
    func teams() throws {
        #expect(
            try Self.body(.teams, .webhook, ["webhook.txt": "Hi", "subject.txt": "New"])
                == #"{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","#
                + #""content":{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard","#
                + #""version":"1.2","body":[{"type":"TextBlock","text":"New","wrap":true,"weight":"Bolder"},"#
                + #"{"type":"TextBlock","text":"Hi","wrap":true}]}}]}"#
        )
        let (delivery, payload) = Self.delivery(.webhook, ["webhook.txt": String(repeating: "x", count: 28_000)])
        #expect(throws: HTTPRefusal.self) { try Self.provider(.teams).request(for: delivery, payload, now: 0) }
    }

    @Test(
        "every secret signs, so that a receiver can change from one to the next; the id stays, the time is the attempt's"
    )
    func rotation() throws {
        let old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let new = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
        let (delivery, payload) = Self.delivery(.webhook, ["webhook.txt": "Hi"])
        let request = try Self.provider(.standard, secrets: [new, old]).request(for: delivery, payload, now: 42)
        let headers = Dictionary(request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        #expect(headers["webhook-id"] == "msg_7")
        #expect(headers["webhook-timestamp"] == "42")
        #expect(headers["X-Tenant"] == "7")
        let signatures = [new, old].map {
            WebhookSignature.sign(id: "msg_7", timestamp: 42, body: request.body, secret: $0)
        }
        #expect(headers["webhook-signature"] == signatures.joined(separator: " "))
    }

    @Test(
        "what Slack and Teams answer in words",
        arguments: [
            (.slack, 200, "ok", "accepted"), (.slack, 200, "no_text", "uncertain"),
            (.slack, 403, "action_prohibited", "fault"),
            (.slack, 404, "channel_not_found", "fault"), (.slack, 410, "channel_is_archived", "fault"),
            (.slack, 404, "no_service", "fault"), (.slack, 400, "invalid_payload", "rejected"),
            (.slack, 400, "user_not_found", "rejected"), (.slack, 500, "rollup_error", "uncertain"),
            (.teams, 200, "1", "accepted"), (.teams, 202, "", "accepted"),
            (
                .teams, 200,
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId",
                "throttled"
            ),
            (
                .teams, 200,
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413",
                "rejected"
            ), (.teams, 400, "Bad payload", "rejected"), (.standard, 302, "", "fault"), (.standard, 410, "", "fault"),
            (.standard, 500, "", "retry"), (.standard, 204, "", "accepted"),
        ] as [(WebhookSettings.Format, Int, String, String)]
    )
    func answers(format: WebhookSettings.Format, status: Int, body: String, expected: String) {
        let verdict = Self.provider(format).verdict(HTTPAnswer(status: status, body: Array(body.utf8)), now: 0)
        #expect(word(verdict) == expected)
    }

    @Test(
        "an endpoint of the message's own is judged by itself: it says nothing of the lane, and one that is gone is written to no more",
        arguments: [(404, "rejected"), (410, "gone"), (302, "retry"), (403, "rejected"), (503, "retry")]
    )
    func ofRecipient(status: Int, expected: String) {
        let verdict = Self.provider(.standard, url: nil).verdict(HTTPAnswer(status: status, body: []), now: 0)
        #expect(word(verdict) == expected)
    }

    private func word(_ verdict: HTTPVerdict) -> String {
        switch (verdict.outcome, verdict.sign) {
        case (.putBack, .ourFault): "fault"
        case (.retry, .throttled): "throttled"
        case (.retry, _): "retry"
        case (.rejected(.recipient, _), _): "gone"
        case (.rejected, _): "rejected"
        case (.uncertain, _): "uncertain"
        case (.accepted, _): "accepted"
        default: "?"
        }
    }

    @Test("LinkedIn's own form names the member, and its id is kept; a limit ends at midnight UTC at the latest")
    func linkedInAPI() throws {
        let body = try Self.body(.linkedInAPI, .linkedin, ["subject.txt": "About us", "linkedin.txt": "Hello"])
        #expect(
            body
                == #"{"recipients":["urn:li:person:abc"],"subject":"About us","body":"Hello","messageType":"MEMBER_TO_MEMBER"}"#
        )
        let (delivery, payload) = Self.delivery(.linkedin, ["linkedin.txt": "Hello"])
        let provider = Self.provider(.linkedInAPI)
        let request = try provider.request(for: delivery, payload, now: 0)
        #expect(request.headers.contains { $0.name == "X-Restli-Protocol-Version" && $0.value == "2.0.0" })
        #expect(!request.headers.contains { $0.name == "webhook-id" } && !request.isRepeatable)
        let created = provider.verdict(
            HTTPAnswer(status: 201, body: [], headers: ["x-restli-id": "urn:li:msg:1"]),
            now: 0
        )
        guard case .accepted(_, "urn:li:msg:1") = created.outcome else {
            Issue.record("\(created)")
            return
        }
        // Ten minutes before midnight, and in the morning.
        for (now, wait) in [(86_400 - 600, 600_000), (30_000, 900_000)] as [(Int64, Int64)] {
            let limited = provider.verdict(HTTPAnswer(status: 429, body: []), now: now)
            #expect(limited.sign == .throttled(after: wait))
        }
        #expect(provider.verdict(HTTPAnswer(status: 401, body: []), now: 0).sign != nil)
    }
}
