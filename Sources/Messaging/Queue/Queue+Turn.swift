import Curl
import Storage

extension Queue {
    private static let nextDue = Statement(
        "SELECT min(due) FROM ("
            + (0...9).map {
                "SELECT min(due) AS due FROM message WHERE state = 'waiting' AND channel = $1 AND share = $2 "
                    + "AND priority = \($0)"
            }.joined(separator: " UNION ALL ") + ") AS heads"
    )

    private static let waitingShares = Statement(
        "SELECT share, count(*) FROM message WHERE state = 'waiting' AND channel = $1 GROUP BY share"
    )

    /// From one brand that has any to the next, past what limits keep of it: the cost does not depend on how many messages
    /// each has.
    private static let waitingBrands = Statement(
        """
        WITH RECURSIVE heads (brand) AS (
            SELECT (SELECT brand FROM message WHERE state = 'waiting' AND channel = $1 ORDER BY share LIMIT 1)
            UNION
            SELECT (SELECT brand FROM message WHERE state = 'waiting' AND channel = $1 AND share > heads.brand || $2
                ORDER BY share LIMIT 1)
            FROM heads WHERE heads.brand IS NOT NULL
        )
        SELECT brand FROM heads WHERE brand IS NOT NULL
        """
    )

    static let turnStatements = [nextDue, waitingShares, waitingBrands]

    /// The brands that have anything waiting on a channel, due or not.
    func waitingBrands(_ channel: Channel) async throws -> [String] {
        try await database.read {
            try $0.all(Queue.waitingBrands, [.text(channel.rawValue), .text(Share.behindParked)]) { $0.text(0) }
        }
    }

    /// The shares of a channel in which anything waits, due or not, and how many each has.
    func waitingShares(_ channel: Channel) async throws -> [(share: Share, count: Int64)] {
        try await database.read {
            try $0.all(Queue.waitingShares, [.text(channel.rawValue)]) { row in
                (Share(channel: channel, name: row.text(0)), row.integer(1))
            }
        }
    }

    /// What one turn of the dispatcher asks of the database.
    struct Turn: Sendable {
        var settlements: [Settlement] = []
        /// Hand-offs that did not start in time.
        var stale: [HandOff] = []
        /// Hand-offs that a limit keeps, and what is to be moved with them.
        var parkings: [Parking] = []
        var moves: [Parking.Move] = []
        var reservations: [Reservation] = []
        var claims: [ClaimRequest] = []
        var isEmpty: Bool {
            settlements.isEmpty && stale.isEmpty && parkings.isEmpty && moves.isEmpty && reservations.isEmpty
                && claims.isEmpty
        }

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
        /// For each share whose claim was not filled: when its next message is due, `nil` for never.
        var nextDue: [Share: Int64?] = [:]
        /// How many were claimed of each.
        var claimed: [Share: Int] = [:]
        /// How many each of ``Turn/moves`` moved.
        var moved: [Int] = []
        /// What was granted of ``Turn/reservations``, in their order.
        var granted: [Int] = []
    }

    /// Settles, hands off again and claims in one transaction. It is not durable against a power failure on its own: what
    /// such a failure takes back is sent again, as after the death of the process.
    func turn(_ turn: Turn, node: Int64, isMeasured: Bool = false) async throws -> TurnResult {
        let policies = policies
        return try await database.write(.process) { transaction in
            var result = TurnResult()
            result.startedAt = MonotonicClock.now()
            let start = isMeasured ? PhaseClock.threadTime() : 0
            try Queue.settle(turn.settlements, transaction)
            result.moved = try Queue.park(turn.parkings, turn.moves, transaction)
            result.granted = try turn.reservations.map { try $0.take(transaction) }
            let settled = isMeasured ? PhaseClock.threadTime() : 0
            result.mayGo = try Queue.handOffAgain(turn.stale, policies, transaction) { channel, decision in
                result.gate[channel, default: [:]][decision, default: 0] += 1
            }
            if let inHand = turn.inHand { try Queue.putBack(allBut: inHand, of: node, transaction) }
            var claimedBytes = 0
            for var claim in turn.claims {
                claim.byteBudget = max(0, claim.byteBudget - claimedBytes)
                claim.isFirstFree = claim.isFirstFree && result.handOffs.isEmpty
                let policy = policies[claim.share.brand]
                let handOffs = try Queue.handOff(claim, node: node, policy, transaction) {
                    result.gate[claim.share.channel, default: [:]][$0, default: 0] += $1
                }
                result.handOffs += handOffs
                claimedBytes += handOffs.reduce(0) {
                    $0 + ($1.document.count > ClaimRequest.largest ? $1.document.count : 0)
                }
                result.claimed[claim.share] = handOffs.count
                guard handOffs.count < claim.limit else { continue }
                let due = try transaction.first(
                    Queue.nextDue,
                    [.text(claim.share.channel.rawValue), .text(claim.share.name)]
                ) { $0.optionalInteger(0) }
                result.nextDue[claim.share] = .some(due ?? nil)
            }
            result.settling = settled - start
            result.claiming = isMeasured ? PhaseClock.threadTime() - settled : 0
            return result
        }
    }
}
