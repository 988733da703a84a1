import JSON
import Storage

/// Every check that stands between a message and its sending, with its verdict now.
public struct Explanation: Sendable {
    public struct Check: Sendable, Equatable {
        public let name: String
        public let passes: Bool
        public let verdict: String
    }

    public let message: StoredMessage
    public let checks: [Check]
    /// When it may go next, as things stand; `nil` for never.
    public let next: Int64?

    /// - Parameters:
    ///   - ahead: messages that the same limit keeps before it.
    ///   - composer: renders the message once more, as its hand-off will.
    ///   - now: milliseconds since 1970, UTC.
    init(
        _ message: StoredMessage,
        _ facts: Gate.Facts,
        _ policy: CompliancePolicy,
        optOuts: [OptOut],
        report: StatusReport,
        composer: Composer,
        ahead: Int64,
        now: Int64
    ) {
        var checks: [Check] = []
        func check(_ name: String, _ passes: Bool, _ verdict: String) {
            checks.append(.init(name: name, passes: passes, verdict: verdict))
        }
        let isOpen = message.state == .waiting || message.state == .held
        check(
            "state",
            message.state == .waiting,
            message.state.rawValue + (message.reason.map { " (\($0))" } ?? "") + Explanation.advice(message)
        )
        check(
            "due",
            message.due <= now,
            message.due <= now ? "since \(Timestamp.text(message.due))" : "at \(Timestamp.text(message.due))"
        )
        if let expires = message.expires {
            check(
                "expiry",
                expires > now,
                (expires > now ? "in time, until " : "too late, since ") + Timestamp.text(expires)
            )
        } else {
            check("expiry", true, "never expires")
        }
        if case .block(let reason, _) = Gate.decide(facts, optOuts: optOuts, now: now) {
            check("opt-out", false, reason)
        } else {
            check("opt-out", true, "none covers it")
        }
        var wait: Int64 = 0
        switch message.isTest ? .send : Gate.decide(facts, policy, optOuts: [], now: now) {
        case .send, .expire, .keep: check("rules", true, "none keeps it")
        case .tooLate: check("rules", false, "none lets it go before it expires")
        case .block(let reason, _), .hold(let reason, _): check("rules", false, reason)
        case .wait(let until, let rules):
            let zones = facts.zones.isEmpty ? "" : " (\(facts.zones.joined(separator: ", ")))"
            check("rules", false, "not before \(Timestamp.text(until)): \(rules.joined(separator: ", "))\(zones)")
            wait = max(0, until - max(message.due, now))
        }
        do {
            if message.channel != .event {
                _ = try composer.rendered(
                    try JSONValue.parse(message.document),
                    message.channel,
                    id: message.id,
                    language: message.language
                )
            }
            check("content", true, "renders")
        } catch {
            check("content", false, "\(error)")
        }
        if message.state == .waiting || message.state == .held {
            let order = report.orders.first {
                $0.keeps(
                    message.channel,
                    brand: message.brand,
                    category: message.category,
                    template: message.template,
                    now: now
                )
            }
            check("order", order == nil, order.map { $0.words(now: now) } ?? "none keeps it")
            if let until = order?.until { wait = max(wait, until - max(message.due, now)) }
        }
        let kept = message.state == .waiting && !message.isKeptByOrder ? message.keptBy : nil
        if let limit = kept {
            let known = report.limits.first { $0.channel == message.channel && $0.name == limit }
            let pace = known?.limit.map { " (\(Words.rate($0)))" } ?? ""
            let why = known?.reason.map { ": \($0)" } ?? ""
            check("limit", false, "kept by \(limit)\(pace), behind \(Words.messages(ahead))\(why)")
            if let pace = known?.limit, pace > 0 { wait = max(wait, Int64(Double(ahead + 1) / pace * 1000)) }
        } else {
            check("limit", true, "none keeps it")
        }
        let lanes = report.lanes.filter { $0.channel == message.channel }
        if let open = lanes.first(where: { $0.state == .open || $0.state == .slowed }) {
            check("lane", true, "\(open.name) is \(open.state.rawValue)\(open.reason.map { ": \($0)" } ?? "")")
        } else if let lane = lanes.first {
            check("lane", false, "\(lane.name) is \(lane.state.rawValue): \(lane.reason ?? "unknown")")
        } else {
            check("lane", false, "no worker has opened one for \(message.channel.rawValue) yet")
        }
        check("worker", report.isWorking, report.isWorking ? "runs" : "none runs: start 'dunlin serve'")
        self.message = message
        self.checks = checks
        let isRefused =
            if case .block = Gate.decide(facts, policy, optOuts: [], now: now) { !message.isTest } else { false }
        let stops =
            isRefused || checks.contains { ["expiry", "opt-out", "content", "order"].contains($0.name) && !$0.passes }
        next = isOpen && message.state == .waiting && !stops ? max(message.due, now) + wait : nil
    }

    private static func advice(_ message: StoredMessage) -> String {
        switch message.state {
        case .held where message.reason == Fallback.reason: ": it goes when the one before it does not arrive"
        case .held: ": 'dunlin message approve \(message.id)' lets it go"
        case .failed: ": 'dunlin message retry \(message.id)' sends it again"
        default: ""
        }
    }
}

extension Queue {
    static let ahead = Statement(
        """
        SELECT count(*) FROM message
        WHERE state = 'waiting' AND channel = $1 AND share = $2 AND (priority, due, id) < ($3, $4, $5)
        """
    )

    /// What would become of a message to somebody now.
    public struct Prospect: Sendable {
        public let brand: String
        public let channel: Channel
        public let category: String
        public let verdict: String
    }

    /// What would become of messages of each brand to somebody now, in words.
    ///
    /// - Parameter key: what opt-outs are matched by.
    public func prospects(_ key: String, brands: [String], now: Int64) async throws -> [Prospect] {
        let channels: [Channel] = key.contains("@") ? [.email] : key.hasPrefix("+") ? [.sms, .call] : []
        let zones = PhoneZones.candidates(key)
        return try await database.read { connection in
            let optOuts = try OptOuts.known(key, connection)
            return try brands.flatMap { brand in
                try channels.flatMap { [($0, "transactional"), ($0, "commercial")] }.map { channel, category in
                    var facts = Gate.Facts(
                        channel: channel,
                        brand: brand,
                        category: category,
                        addressKey: key,
                        expires: nil
                    )
                    facts.domain = key.split(separator: "@").last.map(String.init) ?? ""
                    facts.zones = zones
                    let policy = policies[brand]
                    let known = try Contacts.complete(facts, policy, but: [], now: now, connection)
                    let verdict = Gate.decide(known, policy, optOuts: optOuts, now: now)
                    return Prospect(brand: brand, channel: channel, category: category, verdict: verdict.words)
                }
            }
        }
    }

    /// What the gate asks of a stored message.
    static func facts(
        _ message: StoredMessage,
        _ policy: CompliancePolicy,
        now: Int64,
        _ connection: any Connection
    ) throws -> Gate.Facts {
        var facts = Gate.Facts(
            channel: message.channel,
            brand: message.brand,
            category: message.category,
            addressKey: message.addressKey,
            expires: nil
        )
        facts.id = message.id
        facts.domain = message.domain
        facts.zones = message.zones
        return try Contacts.complete(facts, policy, but: [], now: now, connection)
    }

    /// - Returns: `nil` when there is no such message.
    public func explain(_ id: Int64, composer: Composer, now: Int64) async throws -> Explanation? {
        guard let message = try await message(id) else { return nil }
        let optOuts = try await OptOuts(database).covering(message.addressKey)
        let report = try await status(now: now)
        var ahead: Int64 = 0
        if message.state == .waiting, let limit = message.keptBy {
            let share = Share(channel: message.channel, brand: message.brand, limit: limit)
            let values: [SQLValue] = [
                .text(share.channel.rawValue), .text(share.name), .integer(Int64(message.priority)),
                .integer(message.due), .integer(message.id),
            ]
            ahead = try await database.read { try $0.first(Queue.ahead, values) { $0.integer(0) } ?? 0 }
        }
        let policy = policies[message.brand]
        let facts = try await database.read { try Queue.facts(message, policy, now: now, $0) }
        return Explanation(
            message,
            facts,
            policy,
            optOuts: optOuts,
            report: report,
            composer: composer,
            ahead: ahead,
            now: now
        )
    }
}
