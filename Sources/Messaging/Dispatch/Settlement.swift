/// An outcome on its way to the database.
struct Settlement: Sendable {
    let handOff: HandOff
    let transport: String
    let outcome: Outcome
    let retry: RetryPolicy
    let uncertain: UncertainPolicy
    /// From 0 up to 1, for the jitter; asked only for outcomes that need it.
    let random: Double
    /// What it costs when it is accepted.
    var bill: (price: Price, units: Int)?

    /// After so many attempts an uncertain outcome is a person's to decide whatever the policy: a server that takes messages
    /// and then breaks the connection would get a copy at each.
    static let uncertainLimit = 3

    /// What the message becomes.
    struct Change: Equatable {
        var state: MessageState
        var attempts: Int
        /// When it goes again; `nil` leaves it.
        var due: Int64?
        var reason: String?
        var events: [(kind: Event.Kind, detail: String?)] = []

        static func == (left: Change, right: Change) -> Bool {
            left.state == right.state && left.attempts == right.attempts && left.due == right.due
                && left.reason == right.reason && left.events.map(\.kind) == right.events.map(\.kind)
                && left.events.map(\.detail) == right.events.map(\.detail)
        }
    }

    func change(now: Int64) -> Change {
        let attempts = handOff.attempts + 1
        switch outcome {
        case .putBack:
            return Change(state: .waiting, attempts: handOff.attempts)
        case .held(let reason, let detail):
            return Change(
                state: .held,
                attempts: handOff.attempts,
                reason: reason.rawValue,
                events: [(.held, "\(reason.rawValue): \(detail)")]
            )
        case .accepted(let detail, _):
            return Change(state: .sent, attempts: attempts, reason: nil, events: [(.sent, detail)])
        case .rejected(let reason, let detail):
            return Change(
                state: .failed,
                attempts: attempts,
                reason: reason.rawValue,
                events: [(.rejected, "\(reason.rawValue): \(detail)")]
            )
        case .uncertain(let reason, let detail)
        where uncertain == .hold || (reason != .workerDied && attempts >= Settlement.uncertainLimit):
            return Change(
                state: .held,
                attempts: attempts,
                reason: "uncertain",
                events: [
                    (.uncertain, "\(reason.rawValue): \(detail)"),
                    (.held, "uncertain: approve to send it again, or cancel"),
                ]
            )
        case .uncertain(let reason, let detail):
            return again(attempts, .uncertain, reason, detail, asked: nil, now: now)
        case .retry(let reason, let detail, let after):
            return again(attempts, .retry, reason, detail, asked: after, now: now)
        }
    }

    private func again(
        _ attempts: Int,
        _ kind: Event.Kind,
        _ reason: Outcome.Reason,
        _ detail: String,
        asked: Int64?,
        now: Int64
    ) -> Change {
        let next = now + retry.delay(afterAttempt: attempts, random: random, asked: asked)
        let told = "\(reason.rawValue): \(detail)"
        if next > handOff.since + retry.giveUp {
            return Change(
                state: .failed,
                attempts: attempts,
                reason: "gave_up",
                events: [(kind, told), (.gaveUp, "the time for retries was used up after \(attempts) attempts")]
            )
        }
        if let expires = handOff.expires, next >= expires {
            return Change(
                state: .expired,
                attempts: attempts,
                reason: "expires before the next attempt",
                events: [(kind, told), (.expired, "it expires before the next attempt")]
            )
        }
        return Change(state: .waiting, attempts: attempts, due: next, reason: reason.rawValue, events: [(kind, told)])
    }
}
