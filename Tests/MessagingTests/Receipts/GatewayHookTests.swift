import Testing

@testable import Messaging

@Suite("What a gateway posts")
struct GatewayHookTests {
    private static let proof = CallbackProof(secret: "s", transport: "jasmin")

    private static var hook: GatewayHook {
        var fields = GatewayReceipts()
        fields.id = "id"
        fields.status = "message_status"
        fields.delivered = ["DELIVRD"]
        fields.failed = ["UNDELIV", "EXPIRED"]
        fields.error = "err"
        fields.badNumber = ["001"]
        fields.optedOut = ["088"]
        fields.from = "from"
        fields.to = "to"
        fields.text = "content"
        fields.answer = "ACK/Jasmin"
        fields.key = Secret("shared")
        return GatewayHook(fields: fields, proof: proof, region: "US", answersTexts: true)
    }

    private static func request(
        _ query: String,
        _ body: String = "",
        type: String = "application/x-www-form-urlencoded",
        method: String = "POST"
    ) -> HookRequest {
        HookRequest(
            method: method,
            origin: "https://d.example",
            target: "/hooks/jasmin?\(query)",
            headers: ["content-type": type],
            body: Array(body.utf8)
        )
    }

    private static func receipt(_ request: HookRequest) throws -> DeliveryReceipt? {
        guard case .receipt(let receipt) = try hook.read(request).matter else { return nil }
        return receipt
    }

    @Test(
        "is a receipt of the message whose proof the address carries",
        arguments: [
            ("DELIVRD", "000", DeliveryReceipt.Status.delivered), ("delivrd", "000", .delivered),
            ("ESME_ROK", "", .underway), ("UNDELIV", "001", .failed(.recipient)),
            ("UNDELIV", "088", .failed(.optedOut)),
            ("EXPIRED", "000", .failed(.permanent)),
        ]
    )
    func statuses(status: String, error: String, expected: DeliveryReceipt.Status) throws {
        let proven = "message=7&proof=\(Self.proof.of(message: 7))"
        let body = "id=abc&message_status=\(status)&err=\(error)&level=2"
        let receipt = try #require(try Self.receipt(Self.request(proven, body)))
        #expect(receipt.message == 7)
        #expect(receipt.reference == "abc")
        #expect(receipt.status == expected)
        let inQuery = try Self.receipt(Self.request("\(proven)&\(body)", method: "GET"))
        #expect(inQuery == receipt)
        let json = #"{"id":"abc","message_status":"\#(status)","err":"\#(error)"}"#
        #expect(try Self.receipt(Self.request(proven, json, type: "application/json; charset=utf-8")) == receipt)
        #expect(Self.hook.answer.body == "ACK/Jasmin")
    }

    @Test(
        "is not believed without proof",
        arguments: [
            "", "message=7", "message=7&proof=", "message=8&proof=\(proof.of(message: 7))", "key=wrong", "key=",
            "message=7&proof=\(CallbackProof(secret: "s", transport: "other").of(message: 7))",
            "message=7&proof=\(CallbackProof(secret: "t", transport: "jasmin").of(message: 7))",
        ]
    )
    func unproven(query: String) {
        let error = #expect(throws: HookRefusal.self) {
            try Self.hook.read(Self.request(query, "id=abc&message_status=DELIVRD"))
        }
        #expect(error?.isUnproven == true, "\(String(describing: error))")
    }

    @Test("with the shared key it names the message by the provider's id alone: ours would not be proven")
    func sharedKey() throws {
        let receipt = try Self.receipt(Self.request("key=shared&message=7", "id=abc&message_status=DELIVRD"))
        #expect(receipt?.message == nil)
        #expect(receipt?.reference == "abc")
    }

    @Test("is a text that somebody sends, whose number is brought into its form")
    func inbound() throws {
        let content = try Self.hook.read(Self.request("key=shared", "id=m1&from=12025550123&to=777&content=STOP"))
        let expected = InboundText(reference: "m1", from: "+12025550123", to: "777", text: "STOP")
        #expect(content.matter == .inbound(expected))
    }

    @Test(
        "a sender's number is understood with and without its +, and as the country writes it",
        arguments: [
            ("12025550123", "+12025550123"), ("+12025550123", "+12025550123"), ("2025550123", "+12025550123"),
            ("447400123456", "+447400123456"), ("Example", "Example"),
        ]
    )
    func senders(from: String, expected: String) throws {
        let escaped = from.replacing("+", with: "%2B")
        let content = try Self.hook.read(Self.request("key=shared", "id=m1&from=\(escaped)&to=777&content=STOP"))
        guard case .inbound(let text) = content.matter else { throw HookRefusal.malformed("no text") }
        #expect(text.from == expected)
    }

    @Test("that cannot be read is told so", arguments: ["", "id=abc", "message_status=DELIVRD", "{"])
    func malformed(body: String) {
        let type = body == "{" ? "application/json" : "application/x-www-form-urlencoded"
        let error = #expect(throws: HookRefusal.self) {
            try Self.hook.read(Self.request("key=shared", body, type: type))
        }
        #expect(error?.isMalformed == true, "\(String(describing: error))")
    }
}

extension HookRefusal {
    fileprivate var isUnproven: Bool { if case .unproven = self { true } else { false } }
    fileprivate var isMalformed: Bool { if case .malformed = self { true } else { false } }
}
