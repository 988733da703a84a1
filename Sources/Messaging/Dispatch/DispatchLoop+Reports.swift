import Logging
import Storage

/// What the transports report: how it is settled, and what it tells of lanes, limits and the other side.
extension DispatchLoop {
    mutating func absorb(_ reports: [DeliveryReport], now: UInt64) {
        guard !reports.isEmpty else { return }
        var counts = [Int](repeating: 0, count: lanes.count)
        for report in reports {
            guard let entry = inFlight.removeValue(forKey: report.id) else { continue }
            lanes[entry.lane].outstanding -= 1
            bytesInFlight -= entry.delivery.payload.size
            counts[entry.lane] += 1
            let handOff = entry.delivery.handOff
            if let sign = report.sign { notice(sign, lane: entry.lane, now: now) }
            switch report.result {
            case .stale:
                measures.waited(lane: lanes[entry.lane].transport.name)
                lanes[entry.lane].giveBack(entry.delivery, now: now)
                work.stale.append(handOff)
                // It is charged again when it is sent; what it was admitted for stays.
                refund(entry, but: 1, now: now)
                stale[report.id] = (entry.delivery, entry.limits)
            case .outcome(let outcome):
                if case .putBack = outcome {
                    refund(entry, but: 0, now: now)
                } else if !outcome.isPaidFor {
                    unspend(entry)
                }
                shaper.end(entry.limits)
                for share in shaper.waiting(entry.limits, handOff) { books[share.channel]?.wake(share, at: now) }
                read(outcome, handOff, lane: entry.lane, now: now)
                let bill = lanes[entry.lane].transport.price.map {
                    ($0, lanes[entry.lane].transport.cost(of: entry.delivery))
                }
                settle(handOff, lane: entry.lane, outcome, bill: bill)
            }
        }
        for index in lanes.indices where counts[index] > 0 { lanes[index].took(counts[index], now: now) }
    }

    mutating func settle(_ handOff: HandOff, lane: Int, _ outcome: Outcome, bill: (Price, Int)? = nil) {
        if let word = outcome.word { summary.attempts[word, default: 0] += 1 }
        measures.ended(handOff, lane: lanes[lane].transport.name, outcome, now: clock.now())
        logger.debug("outcome", metadata: ["message": "\(handOff.id)", "outcome": "\(outcome)"])
        let random: Double
        switch outcome {
        case .accepted, .rejected, .held:
            random = 0
        case .retry, .uncertain, .putBack:
            random = Double.random(in: 0..<1, using: &generator)
            books[handOff.channel]?.notice(handOff.brand, due: 0)
        }
        let policy = lanes[lane].policy
        work.settlements.append(
            Settlement(
                handOff: handOff,
                transport: lanes[lane].transport.name,
                outcome: outcome,
                retry: policy.retry,
                uncertain: policy.uncertain,
                random: random,
                bill: bill
            )
        )
    }

    mutating func notice(_ sign: Breaker.Sign, lane: Int, now: UInt64) {
        let wasOpen = lanes[lane].breaker.isOpen
        let before = lanes[lane].breaker.state
        lanes[lane].take(sign, now: now)
        let breaker = lanes[lane].breaker
        if breaker.isOpen, !wasOpen {
            logger.error(
                "lane stopped; its messages wait",
                metadata: [
                    "lane": "\(lanes[lane].transport.name)",
                    "reason": "\(Redaction.withoutAddresses(breaker.reason ?? ""))",
                ]
            )
            lanes[lane].transport.withdraw()
            lastBeat = 0
        } else if breaker.state == .closed, before != .closed {
            logger.notice("lane works again", metadata: ["lane": "\(lanes[lane].transport.name)"])
            lastBeat = 0
        }
    }

    /// Gives back what a delivery was charged that did not leave.
    private mutating func refund(_ entry: InFlight, but kept: Int, now: UInt64) {
        guard !entry.limits.isEmpty else { return }
        shaper.charge(entry.limits, kept - entry.cost, now: now, wall: clock.now())
        unspend(entry)
    }

    private mutating func unspend(_ entry: InFlight) {
        guard !entry.limits.isEmpty, let price = lanes[entry.lane].transport.price else { return }
        shaper.spend(entry.limits, -price.micros * Int64(entry.cost), wall: clock.now())
    }

    /// Words by which something was refused: kept for whoever looks, and held against the rules.
    private mutating func read(_ outcome: Outcome, _ handOff: HandOff, lane: Int, now: UInt64) {
        switch outcome {
        case .retry(_, let words, _), .rejected(_, let words):
            let words = Redaction.withoutAddresses(words)
            lanes[lane].lastError = words
            shaper.heard(words, domain: handOff.domain, handOff.channel, handOff.brand, now: now)
            let now = clock.now()
            let found = replies.read(
                words,
                handOff,
                lane: lanes[lane].transport.name,
                limit: shaper.name(ofDomain: handOff.domain, handOff.channel, handOff.brand),
                now: now
            )
            for order in found where !isGiven(order, lane: lane, now: now) { orders.append(order) }
        case .accepted, .uncertain, .held, .putBack:
            break
        }
    }

    /// Whether what an order asks for is on its way, or holds already: many replies say the same at once.
    private func isGiven(_ order: Pause, lane: Int, now: Int64) -> Bool {
        let limit = shaper.limit(of: order)
        if orders.contains(where: {
            $0.channel == order.channel && $0.lane == order.lane && shaper.limit(of: $0) == limit
        }) {
            return true
        }
        let standing = order.isAboutLanes ? lanes[lane].pause : limit.flatMap { shaper.order(for: $0, order.channel) }
        return standing.map { $0.isInForce(now) && $0.isAsStrict(as: order) } ?? false
    }

    /// Writes the orders that follow from replies; they hold from then on.
    mutating func give(now: UInt64) async {
        do {
            while let order = orders.first {
                try await Pauses(queue).put(order)
                orders.removeFirst()
                logger.warning("\(order.subject): \(order.reason)")
            }
        } catch {
            logger.debug("an order was not written: \(error)")
        }
        await lookForPauses(now: now)
    }
}
