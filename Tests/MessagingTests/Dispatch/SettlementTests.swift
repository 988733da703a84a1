import Testing

@testable import Messaging

@Suite("What an outcome makes of a message")
struct SettlementTests {
    private static let now: Int64 = 1_000_000

    /// A settlement of a message that had `attempts` before, with waits of 1000 to 2000 ms that never grow.
    private static func change(
        _ outcome: Outcome,
        attempts: Int = 0,
        since: Int64 = now,
        expires: Int64? = nil,
        uncertain: UncertainPolicy = .retry,
        giveUp: Int64 = 60_000,
        random: Double = 0
    ) -> Settlement.Change {
        let handOff = HandOff(
            id: 1,
            fence: 1,
            channel: .email,
            attempts: attempts,
            since: since,
            expires: expires,
            startedAt: now,
            acceptedAt: since,
            document: []
        )
        return Settlement(
            handOff: handOff,
            transport: "relay",
            outcome: outcome,
            retry: RetryPolicy(first: 2000, factor: 1, max: 2000, giveUp: giveUp),
            uncertain: uncertain,
            random: random
        ).change(now: now)
    }

    @Test("what was taken is sent, with the reply kept")
    func accepted() {
        #expect(
            Self.change(.accepted("250 2.0.0 queued"), attempts: 2)
                == .init(state: .sent, attempts: 3, events: [(.sent, "250 2.0.0 queued")])
        )
    }

    @Test("what was refused has failed, with a bounded reason beside the words", arguments: Outcome.Reason.allCases)
    func rejected(reason: Outcome.Reason) {
        #expect(
            Self.change(.rejected(reason, "550 no"))
                == .init(
                    state: .failed,
                    attempts: 1,
                    reason: reason.rawValue,
                    events: [(.rejected, "\(reason.rawValue): 550 no")]
                )
        )
    }

    @Test("what is put back waits again and has lost nothing: no attempt, no time, no event")
    func putBack() {
        #expect(Self.change(.putBack, attempts: 4, expires: 0) == .init(state: .waiting, attempts: 4))
    }

    @Test("what a person must mend is held without an attempt")
    func held() {
        #expect(
            Self.change(.held(.render, "no such variable"), attempts: 1)
                == .init(
                    state: .held,
                    attempts: 1,
                    reason: "render",
                    events: [(.held, "render: no such variable")]
                )
        )
    }

    @Test("a failure that may pass waits", arguments: [(0.0, 1000), (0.5, 1500)] as [(Double, Int64)])
    func retry(random: Double, wait: Int64) {
        #expect(
            Self.change(.retry(.temporary, "451 later"), attempts: 1, random: random)
                == .init(
                    state: .waiting,
                    attempts: 2,
                    due: Self.now + wait,
                    reason: "temporary",
                    events: [(.retry, "temporary: 451 later")]
                )
        )
    }

    @Test("the wait that the other side asks for is kept")
    func asked() {
        #expect(Self.change(.retry(.temporary, "", after: 30_000)).due == Self.now + 30_000)
    }

    @Test(
        "no attempt starts later than the time for retries",
        arguments: [(59_000, MessageState.waiting), (59_001, .failed), (100_000, .failed)] as [(Int64, MessageState)]
    )
    func giveUp(age: Int64, state: MessageState) {
        let change = Self.change(.retry(.connection, "refused"), attempts: 8, since: Self.now - age)
        #expect(change.state == state)
        guard state == .failed else { return }
        #expect(
            change
                == .init(
                    state: .failed,
                    attempts: 9,
                    reason: "gave_up",
                    events: [
                        (.retry, "connection: refused"),
                        (.gaveUp, "the time for retries was used up after 9 attempts"),
                    ]
                )
        )
    }

    @Test("a message that asks for more time than there is has failed")
    func asksTooLong() {
        #expect(Self.change(.retry(.temporary, "", after: .max), since: Self.now - 1).state == .failed)
    }

    @Test(
        "what would expire before its next attempt has expired now",
        arguments: [(1001, MessageState.waiting), (1000, .expired), (1, .expired), (-1, .expired)]
            as [(Int64, MessageState)]
    )
    func expires(left: Int64, state: MessageState) {
        let change = Self.change(.retry(.timeout, "none"), expires: Self.now + left)
        #expect(change.state == state)
        guard state == .expired else { return }
        #expect(
            change
                == .init(
                    state: .expired,
                    attempts: 1,
                    reason: "expires before the next attempt",
                    events: [(.retry, "timeout: none"), (.expired, "it expires before the next attempt")]
                )
        )
    }

    @Test("expiry takes nothing back: what was taken late is sent")
    func late() {
        #expect(Self.change(.accepted("250"), expires: Self.now - 1).state == .sent)
    }

    @Test("an uncertain outcome is tried again, or held for a person, as the channel says")
    func uncertain() {
        let outcome = Outcome.uncertain(.timeout, "after the final dot")
        #expect(
            Self.change(outcome)
                == .init(
                    state: .waiting,
                    attempts: 1,
                    due: Self.now + 1000,
                    reason: "timeout",
                    events: [(.uncertain, "timeout: after the final dot")]
                )
        )
        #expect(
            Self.change(outcome, uncertain: .hold)
                == .init(
                    state: .held,
                    attempts: 1,
                    reason: "uncertain",
                    events: [
                        (.uncertain, "timeout: after the final dot"),
                        (.held, "uncertain: approve to send it again, or cancel"),
                    ]
                )
        )
    }

    @Test(
        "a server that takes messages and breaks the connection does not get a copy at each attempt",
        arguments: [
            (Outcome.Reason.connection, 0, MessageState.waiting),
            (.connection, 1, .waiting),
            (.connection, 2, .held),
            (.connection, 9, .held),
            (.workerDied, 9, .waiting),
        ]
    )
    func uncertainLimit(reason: Outcome.Reason, attempts: Int, state: MessageState) {
        #expect(Self.change(.uncertain(reason, ""), attempts: attempts).state == state)
    }

    @Test("only a random number of the wait differs between two settlements of the same outcome")
    func deterministic() {
        let outcome = Outcome.retry(.tls, "x")
        #expect(Self.change(outcome, random: 0.25) == Self.change(outcome, random: 0.25))
        #expect(Self.change(outcome, random: 0.25) != Self.change(outcome, random: 0.75))
    }
}
