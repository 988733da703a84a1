import Curl
import Storage

extension Queue {
    private static let nextDue = Statement(
        "SELECT min(due) FROM ("
            + (0...9).map {
                "SELECT min(due) AS due FROM message WHERE state = 'waiting' AND channel = $1 AND priority = \($0)"
            }.joined(separator: " UNION ALL ") + ") AS heads"
    )

    static let turnStatements = [nextDue]

    /// What one turn of the dispatcher asks of the database.
    struct Turn: Sendable {
        var settlements: [Settlement] = []
        /// Hand-offs that did not start in time.
        var stale: [HandOff] = []
        var claims: [ClaimRequest] = []
        /// All that the worker has in hand, when it cannot be sure that the database says the same.
        var inHand: Set<Int64>?
    }

    struct TurnResult: Sendable {
        /// When the gate was asked, or before: monotonic nanoseconds.
        var startedAt: UInt64 = 0
        /// Processor time of its parts, nanoseconds; 0 unless it is measured.
        var settling: UInt64 = 0
        var claiming: UInt64 = 0
        var handOffs: [HandOff] = []
        /// What the gate said, counted.
        var gate: [Channel: [Gate.Decision: Int]] = [:]
        /// Which of the stale ones may go after all.
        var mayGo: Set<Int64> = []
        /// For each channel whose claim was not filled: when its next message is due, `nil` for never.
        var nextDue: [Channel: Int64?] = [:]
    }

    /// Settles, hands off again and claims in one transaction. It is not durable against a power failure on its own: what
    /// such a failure takes back is sent again, as after the death of the process.
    func turn(_ turn: Turn, node: Int64, isMeasured: Bool = false) async throws -> TurnResult {
        try await database.write(.process) { transaction in
            var result = TurnResult()
            result.startedAt = MonotonicClock.now()
            let start = isMeasured ? PhaseClock.threadTime() : 0
            try Queue.settle(turn.settlements, transaction)
            let settled = isMeasured ? PhaseClock.threadTime() : 0
            result.mayGo = try Queue.handOffAgain(turn.stale, transaction) { channel, decision in
                result.gate[channel, default: [:]][decision, default: 0] += 1
            }
            if let inHand = turn.inHand { try Queue.putBack(allBut: inHand, of: node, transaction) }
            for claim in turn.claims {
                let handOffs = try Queue.handOff(claim, node: node, transaction) {
                    result.gate[claim.channel, default: [:]][$0, default: 0] += $1
                }
                result.handOffs += handOffs
                guard handOffs.count < claim.limit else { continue }
                let due = try transaction.first(Queue.nextDue, [.text(claim.channel.rawValue)]) {
                    $0.optionalInteger(0)
                }
                result.nextDue[claim.channel] = .some(due ?? nil)
            }
            result.settling = settled - start
            result.claiming = isMeasured ? PhaseClock.threadTime() - settled : 0
            return result
        }
    }
}
