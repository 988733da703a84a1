/// The check before every send: a pure function of the message, what is known, and the time.
enum Gate {
    /// What the gate asks of a message.
    struct Facts: Sendable {
        var id: Int64 = 0
        let channel: Channel
        let brand: String
        let category: String
        var template = ""
        let addressKey: String
        let expires: Int64?
        var domain = ""
        /// Every zone in which the recipient may be; none where nothing is known.
        var zones: [String] = []
        /// What belongs together, such as an invoice's messages.
        var conversation: String?
        /// Consent to the channel's messages is recorded.
        var hasConsent = false
        /// The recipient's, where it is known.
        var language: String?
        /// Whose address it is; `nil` where that is not known.
        var kind: PersonFacts.Kind?
        /// What keeps the person from being written to beside opt-outs.
        var stops: [PersonStop] = []
        /// What went to the recipient before, of all brands, as far as caps look back; newest first.
        var history: [Contact] = []
    }

    /// A message that went to a recipient.
    struct Contact: Sendable, Equatable {
        let channel: Channel
        let at: Int64
        let conversation: String?
        /// A call in which they spoke.
        var isConversation = false
        /// It is on its way, and may not leave after all.
        var isUnderway = false
    }

    enum Verdict: Sendable, Equatable {
        case send
        /// Not before then, by these rules.
        case wait(until: Int64, rules: [String])
        case block(String, rule: String)
        /// It waits until an order about it ends, which is called so.
        case keep(under: String, reason: String, rule: String)
        /// A person must see to it: no time suits.
        case hold(String, rules: [String])
        case expire
        /// These rules let it go only when it is of no use any more.
        case tooLate(rules: [String])

        var decision: Decision {
            switch self {
            case .send: .send
            case .wait, .keep: .defer
            case .block: .block
            case .hold: .hold
            case .expire, .tooLate: .expire
            }
        }

        /// By which it was decided.
        var rules: [String] {
            switch self {
            case .send: []
            case .wait(_, let rules): rules
            case .block(_, let rule), .keep(_, _, let rule): [rule]
            case .hold(_, let rules), .tooLate(let rules): rules
            case .expire: ["EXPIRY"]
            }
        }

        /// For a person.
        var words: String {
            switch self {
            case .send: "goes"
            case .wait(let until, let rules):
                "waits until \(Timestamp.text(until)): \(rules.joined(separator: ", "))"
            case .block(let reason, _), .hold(let reason, _), .keep(_, let reason, _): reason
            case .expire, .tooLate: end?.reason ?? ""
            }
        }

        /// The final state and its reason; `nil` for a message that goes on.
        var end: (state: MessageState, reason: String)? {
            switch self {
            case .send, .wait, .keep: nil
            case .block(let reason, _): (.blocked, reason)
            case .hold(let reason, _): (.held, reason)
            case .tooLate(let rules): (.expired, "expires before it may go: \(rules.joined(separator: ", "))")
            case .expire: (.expired, "expired before it could be sent")
            }
        }
    }

    /// What was decided, without the reason.
    enum Decision: String, Sendable {
        case send, block, hold, expire
        case `defer`
    }

    /// Messages that wait for the same instant do not leave together, but over this time; milliseconds.
    static let spread: Int64 = 300_000

    /// What a no, a bounce and the time say, whatever the rules.
    ///
    /// A no comes before lateness: the reason that is kept is the one that would stand tomorrow.
    static func decide(_ message: Facts, optOuts: [OptOut], now: Int64) -> Verdict {
        if let answer = TextAnswer(category: message.category) {
            if let refusal = answer.refusal(optOuts.filter { $0.covers(message) }, message.stops) {
                return .block(refusal, rule: "SM-06")
            }
            return message.expires.map { $0 <= now } ?? false ? .expire : .send
        }
        if let stop = message.stops.first(where: { $0.covers(message) }) {
            let note = stop.note.map { ": \($0)" } ?? ""
            return .block("\(stop.kind.words)\(note)", rule: stop.kind.rule)
        }
        if let optOut = optOuts.first(where: { $0.covers(message) }) {
            return .block(optOut.reason, rule: optOut.source == OptOut.bounce ? "EM-17" : "OPT-OUT")
        }
        if let expires = message.expires, expires <= now { return .expire }
        return .send
    }

    /// The same with the rules of the brand.
    static func decide(_ message: Facts, _ policy: CompliancePolicy, optOuts: [OptOut], now: Int64) -> Verdict {
        let first = decide(message, optOuts: optOuts, now: now)
        // An answer goes at once, to who asked for it.
        if TextAnswer(category: message.category) != nil { return first }
        if case .block = first { return first }
        if let rule = policy.block(message, now: now) { return .block("\(rule.id): \(rule.summary)", rule: rule.id) }
        guard first == .send, let opening = opening(message, policy, now: now) else { return first }
        guard let time = opening.time else {
            let zones = zones(message, policy).joined(separator: ", ")
            return .hold(
                "no time suits \(opening.rules.joined(separator: ", ")) in every zone: \(zones)",
                rules: opening.rules
            )
        }
        // It would have to wait for longer than it is of use.
        if let expires = message.expires, expires <= time { return .tooLate(rules: opening.rules) }
        return .wait(until: time, rules: opening.rules)
    }

    /// When the stretch of time ends in which a message may leave; `nil` where there is no end.
    static func closes(_ message: Facts, _ policy: CompliancePolicy, now: Int64) -> Int64? {
        let (_, windows) = policy.quiet(message.channel, now: now)
        guard !windows.isEmpty else { return nil }
        return QuietHours(windows: windows, zones: zones(message, policy)).closes(from: now)
    }

    private static func zones(_ message: Facts, _ policy: CompliancePolicy) -> [String] {
        message.zones.isEmpty ? policy.zones : message.zones
    }

    /// The first instant at which hours and caps let a message go, spread over some minutes, and by whose rule it waits; `nil`
    /// where it may go now. Its time is `nil` where none suits.
    private static func opening(
        _ message: Facts,
        _ policy: CompliancePolicy,
        now: Int64
    ) -> (time: Int64?, rules: [String])? {
        var time = now
        var rules: [String] = []
        for cap in policy.caps(message.channel, now: now) {
            let free = cap.frees(message, now: now)
            if free > now { rules.append(cap.rule) }
            time = max(time, free)
        }
        let (names, windows) = policy.quiet(message.channel, now: now)
        if !windows.isEmpty {
            let quiet = QuietHours(windows: windows, zones: zones(message, policy))
            guard let opens = quiet.opens(from: time) else {
                return (nil, rules + names)
            }
            if opens > time {
                rules += names
                time = opens
                // Not beyond what is open then, nor beyond its use.
                let end = min(quiet.closes(from: opens), message.expires ?? .max)
                time += spread(message.id) % max(1, min(Gate.spread, (end - opens) / 2))
            }
        }
        return rules.isEmpty ? nil : (time, rules)
    }

    /// The same for a message each time it is asked.
    private static func spread(_ id: Int64) -> Int64 {
        Int64((UInt64(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15) >> 40)
    }
}

extension CompliancePolicy.Cap {
    /// Milliseconds.
    static let again: Int64 = 3_600_000

    /// When one more may go to the recipient: `now` where it may at once.
    func frees(_ message: Gate.Facts, now: Int64) -> Int64 {
        let counted = message.history.filter { contact in
            channels.contains(contact.channel) && contact.at > now - within
                && (!isOfConversation || contact.conversation == message.conversation)
        }.sorted { $0.at > $1.at }
        var free = now
        // The window slides: when the oldest of the last `most` leaves it, there is room again.
        if counted.count >= most { free = counted[most - 1].at + within }
        if endsWithConversation, let spoken = counted.first(where: \.isConversation) {
            free = max(free, spoken.at + within)
        }
        // What is only on its way may not leave after all: that is looked at again.
        return counted.contains(where: \.isUnderway) ? min(free, now + CompliancePolicy.Cap.again) : free
    }
}
