import JSON

extension Composer {
    /// Whether a brand's email is signed here, which takes long.
    func isSigned(_ brand: String) -> Bool { !(brands[brand]?.signers.isEmpty ?? true) }

    /// The words in the recipient's language, or in the brand's where they cannot be made in that one.
    func rendered(
        _ document: JSONValue,
        _ channel: Channel,
        id: Int64,
        language: String?,
        tellsStop: Bool = false
    ) throws(Rejection) -> (Plan, Words, link: String?) {
        if let language {
            do throws(Rejection) {
                let plan = try plan(document, channel: channel, language: language)
                let (words, link) = try render(plan, id: id, tellsStop: tellsStop)
                return (plan, words, link)
            } catch {}
        }
        let plan = try plan(document, channel: channel)
        let (words, link) = try render(plan, id: id, tellsStop: tellsStop)
        return (plan, words, link)
    }

    /// What goes out for a message that was handed off: the same bytes at each attempt.
    func compose(_ handOff: HandOff, _ phases: inout PhaseClock) throws -> Delivery.Payload {
        let start = phases.isOn ? PhaseClock.threadTime() : 0
        let document = try JSONValue.parse(handOff.document)
        if handOff.channel == .event { return .event(try Composer.event(document)) }
        let (plan, words, link) = try rendered(
            document,
            handOff.channel,
            id: handOff.id,
            language: handOff.language,
            tellsStop: handOff.tellsStop
        )
        let rendered = phases.isOn ? PhaseClock.threadTime() : 0
        phases.add(rendered - start, to: .render)
        switch words {
        case .parts(let parts):
            var payload = Delivery.PartsPayload(
                channel: plan.channel,
                to: plan.recipient.given,
                addressKey: plan.recipient.key,
                brand: plan.brand.id,
                parts: parts
            )
            payload.key = document["key"]?.string
            payload.customer = document["customer"]?.string
            payload.conversation = document["conversation"]?.string
            payload.metadata = document["metadata"].flatMap { $0.kind == .object ? Array($0.raw) : nil }
            return .parts(payload)
        case .email(let subject, let text, let html):
            let message = try email(plan, subject, text, html, link, id: handOff.id, date: handOff.acceptedAt)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(1024 + (text.count + (html?.count ?? 0)) * 9 / 8)
            message.append(to: &bytes)
            // Each signs the message as it is without the others' signatures.
            let signatures = try plan.brand.signers.map { try $0.header(for: bytes, time: handOff.acceptedAt / 1000) }
            for signature in signatures.reversed() { bytes.insert(contentsOf: signature, at: 0) }
            if phases.isOn { phases.add(PhaseClock.threadTime() - rendered, to: .mime) }
            return .email(
                .init(
                    sender: plan.brand.settings.verp == true
                        ? messageIDs.returnPath(for: handOff.id, plan.brand.sender) : plan.brand.sender,
                    recipient: message.to.address.smtpPath,
                    needsSMTPUTF8: message.needsSMTPUTF8,
                    has8Bit: message.has8Bit,
                    bytes: bytes
                )
            )
        }
    }

    /// News is stored as it goes out.
    static func event(_ document: JSONValue) throws(Rejection) -> Delivery.EventPayload {
        guard let subscription = document["subscription"]?.integer, let body = document["body"] else {
            throw Rejection("", "this is no news")
        }
        return .init(subscription: subscription, url: document["to"]?.string ?? "", body: Array(body.raw))
    }
}
