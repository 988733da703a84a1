/// The check before every send: a pure function of the message, what is known, and the time.
enum Gate {
    /// What the gate asks of a message.
    struct Facts: Sendable {
        let channel: Channel
        let brand: String
        let category: String
        let addressKey: String
        let expires: Int64?
    }

    enum Verdict: Sendable, Equatable {
        case send
        case block(String)
        case expire

        var decision: Decision {
            switch self {
            case .send: .send
            case .block: .block
            case .expire: .expire
            }
        }

        /// The final state and its reason; `nil` for a message that may go.
        var end: (state: MessageState, reason: String)? {
            switch self {
            case .send: nil
            case .block(let reason): (.blocked, reason)
            case .expire: (.expired, "expired before it could be sent")
            }
        }
    }

    /// What was decided, without the reason.
    enum Decision: String, Sendable {
        case send, block, expire
    }

    /// A no comes before lateness: the reason that is kept is the one that would stand tomorrow.
    static func decide(_ message: Facts, optOuts: [OptOut], now: Int64) -> Verdict {
        if let optOut = optOuts.first(where: { $0.covers(message) }) { return .block(optOut.reason) }
        if let expires = message.expires, expires <= now { return .expire }
        return .send
    }
}
