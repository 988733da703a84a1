import JSON

extension Evidence.Entry {
    /// What came of an attempt that may have reached somebody; `nil` for one that has reached nobody.
    init?(_ settlement: Settlement) {
        let outcome: (word: String, detail: String, reference: String?)
        switch settlement.outcome {
        case .accepted(let detail, let reference): outcome = ("accepted", detail, reference)
        case .rejected(let reason, let detail): outcome = ("rejected", "\(reason.rawValue): \(detail)", nil)
        case .uncertain(let reason, let detail): outcome = ("uncertain", "\(reason.rawValue): \(detail)", nil)
        case .retry, .putBack, .held: return nil
        }
        let handOff = settlement.handOff
        guard !handOff.isTest, handOff.channel != .event else { return nil }
        let body = Evidence.Entry.json { writer in
            Evidence.Entry.write(handOff, &writer)
            writer.member("attempt", Int64(handOff.attempts + 1))
            writer.member("started_at", Timestamp.text(handOff.startedAt))
            writer.member("verdict", Gate.Decision.send.rawValue)
            writer.member("rules_version", Int64(ComplianceRule.version))
            if !handOff.zones.isEmpty { writer.member("zones", handOff.zones) }
            if let closes = handOff.closes { writer.member("window_closes", Timestamp.text(closes)) }
            writer.member("transport", settlement.transport)
            writer.member("outcome", outcome.word)
            writer.member("detail", outcome.detail)
            if let reference = outcome.reference { writer.member("reference", reference) }
            if !handOff.contentHash.isEmpty { writer.member("content_sha256", handOff.contentHash.hexadecimal) }
        }
        self.init(kind: .attempt, message: handOff.id, addressKey: handOff.addressKey, body: body)
    }

    /// What the gate said of a message that does not go now.
    init(_ message: Gate.Facts, _ verdict: Gate.Verdict) {
        let body = Evidence.Entry.json { writer in
            writer.member("channel", message.channel.rawValue)
            writer.member("to", message.addressKey)
            writer.member("brand", message.brand)
            writer.member("category", message.category)
            writer.member("verdict", verdict.decision.rawValue)
            writer.member("rules_version", Int64(ComplianceRule.version))
            writer.member("rules", verdict.rules.joined(separator: ","))
            switch verdict {
            case .block(let reason, _), .hold(let reason, _), .keep(_, let reason, _): writer.member("reason", reason)
            case .wait(let until, _): writer.member("until", Timestamp.text(until))
            case .expire, .tooLate, .send: break
            }
            if !message.zones.isEmpty { writer.member("zones", message.zones.joined(separator: ",")) }
            if !message.history.isEmpty { writer.member("contacts_before", Int64(message.history.count)) }
        }
        self.init(kind: .decision, message: message.id, addressKey: message.addressKey, body: body)
    }

    /// A no, or its end.
    init(_ optOut: OptOut, by: String, isRemoved: Bool) {
        let body = Evidence.Entry.json { writer in
            optOut.writeMembers(to: &writer)
            writer.member("by", by)
        }
        self.init(
            kind: isRemoved ? .optOutRemoved : .optOut,
            message: nil,
            addressKey: optOut.addressKey,
            body: body
        )
    }

    private static func write(_ handOff: HandOff, _ writer: inout JSONWriter) {
        writer.member("channel", handOff.channel.rawValue)
        writer.member("to", handOff.addressKey)
        writer.member("brand", handOff.brand)
        writer.member("category", handOff.category)
    }

    private static func json(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        var writer = JSONWriter(appendingTo: bytes)
        writer.beginObject()
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}
