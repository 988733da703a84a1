/// What Twilio posts: how texts fare, and texts that people send to us
/// (<https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>).
struct TwilioHook: HookReader {
    let authToken: String
    let answersTexts: Bool

    let answer = HookAnswer(type: "text/xml", body: "<Response></Response>")

    func read(_ hook: HookRequest) throws(HookRefusal) -> HookContent {
        guard hook.method == "POST" else { throw .malformed("POST is expected") }
        let form = hook.mediaType == "application/x-www-form-urlencoded" ? FormEncoding.decode(hook.body) : []
        guard let signature = hook.headers["x-twilio-signature"] else {
            throw .unproven("X-Twilio-Signature is missing")
        }
        guard
            TwilioSignature.isValid(
                signature,
                url: hook.url,
                parameters: form,
                body: hook.body,
                token: authToken
            )
        else {
            throw .unproven("X-Twilio-Signature is wrong: http.public_url must be the address that Twilio is given")
        }
        func field(_ name: String) -> String? { form.first { $0.name == name }?.value }
        guard let sid = field("MessageSid") ?? field("SmsSid"), !sid.isEmpty else {
            throw .malformed("MessageSid is missing")
        }
        let status = (field("MessageStatus") ?? field("SmsStatus") ?? "").lowercased()
        guard status != "received", field("Body") == nil || field("MessageStatus") != nil else {
            let text = InboundText(
                reference: sid,
                from: field("From") ?? "",
                to: field("To") ?? "",
                text: field("Body") ?? "",
                wish: field("OptOutType").flatMap { WishReader.Wish(rawValue: $0.lowercased()) }
            )
            return HookContent(matter: .inbound(text), identity: "\(sid)/received")
        }
        let identity = "\(sid)/\(status)"
        guard let meaning = TwilioHook.meaning(status, code: field("ErrorCode").flatMap { Int($0) }) else {
            return HookContent(matter: .nothing, identity: identity)
        }
        let receipt = DeliveryReceipt(
            message: hook.query.first { $0.name == "message" }.flatMap { Int64($0.value) },
            reference: sid,
            status: meaning,
            detail: [status, field("ErrorCode"), field("ErrorMessage")].compactMap { $0 }.joined(separator: " ")
        )
        return HookContent(matter: .receipt(receipt), identity: identity)
    }

    private static func meaning(_ status: String, code: Int?) -> DeliveryReceipt.Status? {
        switch status {
        case "delivered", "read": return .delivered
        case "undelivered", "failed":
            switch code.flatMap(TwilioError.init) {
            case .badNumber: return .failed(.recipient)
            case .optedOut: return .failed(.optedOut)
            case .setup, .filtered: return .failed(.policy)
            case .throttled, .passing: return .failed(.temporary)
            case nil: return .failed(.permanent)
            }
        case "accepted", "scheduled", "queued", "sending", "sent", "partially_delivered": return .underway
        case "canceled": return .failed(.permanent)
        default: return nil
        }
    }
}
