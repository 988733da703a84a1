import DunlinClient
import Foundation
import Testing

@Suite("A webhook's signature")
struct WebhookVerifierTests {
    /// The example of the Standard Webhooks specification and its libraries.
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let body = Data(#"{"test": 2432232314}"#.utf8)
    private static let headers = [
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ]
    private static let then = Date(timeIntervalSince1970: 1_614_265_330)

    private func verify(
        _ change: (inout [String: String]) -> Void = { _ in },
        body: Data = body,
        now: Date = then
    ) throws -> String {
        var headers = Self.headers
        change(&headers)
        let verifier = try #require(WebhookVerifier(secret: Self.secret))
        return try verifier.verify(headers: headers, body: body, now: now)
    }

    @Test("is right for the published example, whatever the case of the headers' names")
    func right() throws {
        #expect(try verify() == "msg_p5jXN8AQM9LWM0D4loKWxJek")
        #expect(
            try verify { headers in headers = Dictionary(uniqueKeysWithValues: headers.map { ($0.uppercased(), $1) }) }
                != ""
        )
    }

    @Test("may be one of several, while a secret is changed")
    func several() throws {
        #expect(try verify { $0["webhook-signature"] = "v1,AAAA v2,x " + ($0["webhook-signature"] ?? "") } != "")
    }

    @Test("is wrong when anything that it covers was changed")
    func wrong() throws {
        #expect(throws: WebhookVerifier.Failure.signature) { try verify(body: Data("{}".utf8)) }
        #expect(throws: WebhookVerifier.Failure.signature) { try verify { $0["webhook-id"] = "msg_other" } }
        #expect(throws: WebhookVerifier.Failure.signature) { try verify { $0["webhook-timestamp"] = "1614265331" } }
        #expect(throws: WebhookVerifier.Failure.signature) { try verify { $0["webhook-signature"] = "v1,bm9wZQ==" } }
        #expect(throws: WebhookVerifier.Failure.missingHeader) { try verify { $0["webhook-signature"] = nil } }
    }

    @Test("is refused when it is five minutes too old or too early", arguments: [-301.0, 301])
    func replayed(seconds: Double) throws {
        #expect(throws: WebhookVerifier.Failure.timestamp) { try verify(now: Self.then + seconds) }
        #expect(try verify(now: Self.then + seconds * 0.99) != "")
    }

    @Test("cannot be checked with a secret that is none")
    func secret() {
        #expect(WebhookVerifier(secret: "whsec_***") == nil)
        #expect(WebhookVerifier(secret: "") == nil)
    }
}
