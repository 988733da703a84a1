import Storage

/// Stops or slows a brand's email when those who get it, or their mailbox providers, have had enough of it.
public struct StreamGuard: Sendable {
    /// What is known of a brand's email.
    struct Figures: Sendable {
        /// Of the last ``days``.
        var sent: Int64 = 0
        var complained: Int64 = 0
        /// Reports of the last hour that mailbox providers do not want mail from us (5.7.x).
        var refused: Int64 = 0
        /// The worst that a mailbox provider says of it itself, within those days; from 0 to 1.
        var told: (spam: Double, provider: String)?
        /// What left within that hour; looked at only where enough was refused.
        var sentLately: Int64 = 0
    }

    /// What an order is given for.
    enum Kind: String, CaseIterable {
        case manyComplaints, nonEssential, tooManyComplaints, refusals

        /// So long it is not given again, milliseconds.
        var quiet: Int64 { self == .refusals ? 2 * hour : day }

        /// After which it is not given either: what is worse.
        var worse: [Kind] {
            switch self {
            case .manyComplaints: [.nonEssential, .tooManyComplaints]
            case .nonEssential: [.tooManyComplaints]
            case .tooManyComplaints, .refusals: []
            }
        }
    }

    /// Google's limits for the part of mails that are called spam (<https://support.google.com/a/answer/81126>): below the first
    /// all is well, at the last nothing is helped any more. Between them what advertises stops, before all does.
    public static let spam = (slow: 0.001, nonEssential: 0.0025, stop: 0.003)
    /// A rate of few mails says nothing.
    static let least: (sent: Int64, complained: Int64) = (1000, 3)
    static let days = 7
    /// So many refusals within an hour, and such a part, are about us, and about none of the recipients.
    static let mostRefused = (count: Int64(20), part: 0.01)
    static let hour: Int64 = 3_600_000
    /// A person looks within that time.
    static let day: Int64 = 86_400_000
    static let slowRate = "60/min"

    /// What is ordered; `nil` where all is well.
    static func order(_ brand: String, _ figures: Figures, now: Int64) -> (kind: Kind, pause: Pause)? {
        func order(_ kind: Kind, _ reason: String, for span: Int64 = day) -> (Kind, Pause) {
            let pause = Pause(
                .email,
                brand: brand,
                category: kind == .nonEssential ? "commercial" : nil,
                rate: kind == .manyComplaints ? RateSettings(slowRate) : nil,
                reason: reason,
                by: AuditEntry.dunlin,
                begins: now,
                until: now + span
            )
            return (kind, pause)
        }
        let isEnough = figures.sent >= least.sent && figures.complained >= least.complained
        let own = isEnough ? Double(figures.complained) / Double(figures.sent) : 0
        let rate = max(own, figures.told?.spam ?? 0)
        let words =
            if let told = figures.told, told.spam > own {
                "\(told.provider) says that \(Percentage(told.spam)) were called spam"
            } else {
                "\(figures.complained) of \(figures.sent) mails of \(days) days were called spam"
            }
        if rate >= spam.stop { return order(.tooManyComplaints, "\(words): 0.3 % or more") }
        if figures.refused >= mostRefused.count,
            Double(figures.refused) >= Double(figures.sentLately) * mostRefused.part
        {
            let reason = "\(figures.refused) mails of an hour were refused by policy (5.7.x): see what the reports say"
            return order(.refusals, reason, for: hour)
        }
        if rate >= spam.nonEssential { return order(.nonEssential, "\(words): 0.25 % or more") }
        if rate >= spam.slow { return order(.manyComplaints, "\(words): 0.1 % or more") }
        return nil
    }

    // MARK: - What was ordered

    private static func name(_ brand: String, _ kind: Kind) -> String { "guard/\(kind.rawValue)/\(brand)" }

    /// Whether it, or what is worse, was ordered a moment ago: a person who lifts an order is not overruled at once.
    static func isTold(_ kind: Kind, _ brand: String, now: Int64, _ connection: any Connection) throws -> Bool {
        try ([kind] + kind.worse).contains { kind in
            let at = try Installation.value(name(brand, kind), connection).flatMap { Int64($0) }
            return at.map { now - $0 < kind.quiet } ?? false
        }
    }

    static func tell(_ kind: Kind, _ brand: String, now: Int64, _ transaction: any Transaction) throws {
        try Installation.put("\(now)", as: name(brand, kind), transaction)
        // An hour's stop takes the place of what slows; that is ordered again after it.
        if kind == .refusals { try Installation.put("0", as: name(brand, .manyComplaints), transaction) }
    }

    // MARK: - What is known

    private static let refusals = Statement(
        """
        SELECT brand, count(*) FROM message
        WHERE state IN ('bounced', 'failed') AND finished_at >= $1 AND channel = 'email' AND reason = 'policy'
        GROUP BY brand
        """
    )

    private static let lately = Statement(
        """
        SELECT brand, count(*) FROM message
        WHERE state IN ('sent', 'delivered') AND finished_at >= $1 AND channel = 'email' GROUP BY brand
        """
    )

    static let statements = [refusals, lately]

    static func figures(_ queue: Queue, now: Int64) async throws -> [String: Figures] {
        var figures: [String: Figures] = [:]
        for row in try await ComplianceCounts(queue.database).list(days: days, now: now) {
            switch row.kind {
            case .sent: figures[row.brand, default: .init()].sent += row.count
            case .complained: figures[row.brand, default: .init()].complained += row.count
            case .blocked, .deferred, .bounced, .refused, .optedOut: break
            }
        }
        for figure in try await Reputation(queue.database).list(days: days, now: now)
        where figure.spam > figures[figure.brand]?.told?.spam ?? -1 {
            figures[figure.brand, default: .init()].told = (figure.spam, figure.provider)
        }
        func counts(_ statement: Statement) async throws -> [(brand: String, count: Int64)] {
            try await queue.database.read {
                try $0.all(statement, [.integer(now - hour)]) { (brand: $0.text(0), count: $0.integer(1)) }
            }
        }
        let refused = try await counts(refusals)
        for row in refused { figures[row.brand, default: .init()].refused = row.count }
        if refused.contains(where: { $0.count >= mostRefused.count }) {
            for row in try await counts(lately) { figures[row.brand, default: .init()].sentLately = row.count }
        }
        return figures
    }
}
