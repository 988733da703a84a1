import Curl
import Logging
import Storage

/// What is claimed next, for whom, and what limits make of it.
extension DispatchLoop {
    mutating func claims(now: UInt64) -> [ClaimRequest] {
        let wall = clock.now()
        var requests: [ClaimRequest] = []
        for channel in Channel.dispatched {
            guard var book = books[channel], book.isDue(now: now, wall: wall) else { continue }
            let room = claimRoom(channel, now: now)
            guard room > 0 else { continue }
            var spoken: [Int: Int] = [:]
            let lanes = routes(channel, now: now)
            let asked = book.requests(
                channel,
                room: room,
                now: now,
                wall: wall,
                weight: { weight(of: $0, channel) },
                grant: { share, most in
                    let most = share.limit.flatMap { lanes[$0] }.map { min(most, $0) } ?? most
                    return most > 0 ? shaper.room(of: share, upTo: most, spoken: &spoken, now: now, wall: wall) : 0
                },
                hasRoom: { share in
                    let isOpen = share.limit.flatMap { lanes[$0] }.map { $0 > 0 } ?? true
                    return isOpen && shaper.hasRoom(share, now: now, wall: wall)
                },
                wake: { shaper.wakes($0, now: now, wall: wall) }
            )
            books[channel] = book
            for (share, limit, aged) in asked {
                requests.append(
                    ClaimRequest(
                        share: share,
                        limit: limit,
                        aged: aged,
                        byteBudget: max(0, DispatchLoop.mostBytes - bytesInFlight),
                        isFirstFree: inFlight.isEmpty
                    )
                )
            }
        }
        return requests
    }

    /// How many messages of a channel may be claimed. What is bound to other lanes is looked for behind a lane that keeps its
    /// own messages for longer than a moment.
    func claimRoom(_ channel: Channel, now: UInt64) -> Int {
        let common = room(of: candidates(channel, nil, isTest: false), now: now)
        var room = common
        if hasBoundLanes, common == 0, !lanes.contains(where: { isCommon($0, channel) && $0.isFlowing(now: now) }) {
            let bound = lanes.filter { $0.channel == channel && !$0.isTest && $0.transport.domains != nil }
            room = bound.map { $0.room(now: now) }.max() ?? 0
        }
        let stale = work.stale.count { $0.channel == channel }
        let testRoom = self.room(of: candidates(channel, nil, isTest: true), now: now)
        return min(room - stale, testRoom, DispatchLoop.mostPerClaim)
    }

    private func isCommon(_ lane: Lane, _ channel: Channel) -> Bool {
        lane.channel == channel && !lane.isTest && lane.transport.domains == nil
    }

    /// The room of lanes that keep messages of their own, by the name of the limit under which those are parked.
    private func routes(_ channel: Channel, now: UInt64) -> [String: Int] {
        guard hasBoundLanes || isChoice(channel) else { return [:] }
        var rooms: [String: Int] = [:]
        for lane in lanes where lane.channel == channel && !lane.isTest {
            let name = DispatchLoop.route(lane)
            rooms[name] = max(rooms[name] ?? 0, lane.room(now: now))
            rooms[DispatchLoop.doubt(lane)] = lane.room(now: now)
        }
        return rooms
    }

    /// What parks messages while their lane has no room.
    private static func route(_ lane: Lane) -> String {
        lane.transport.domains == nil
            ? "lane:" : "lane:\(lane.transport.domains?.patterns.joined(separator: ",") ?? "")"
    }

    /// What parks messages of which only this lane might know whether they have arrived.
    private static func doubt(_ lane: Lane) -> String { doubtPrefix + lane.transport.name }

    private static let doubtPrefix = "lane:="

    /// Whether a channel has more than one way out.
    func isChoice(_ channel: Channel) -> Bool {
        lanes.count { $0.channel == channel && !$0.isTest } > 1
    }

    /// The lanes that could take a message, in order of preference.
    ///
    /// - Parameter domain: the recipient's: lanes that are bound to it take its messages, and no other lane does.
    private func candidates(_ channel: Channel, _ domain: String?, isTest: Bool) -> [Int] {
        let isBound = hasBoundLanes && !isTest && domain.map { hasOwnLane($0, channel) } ?? false
        return lanes.indices.filter { index in
            guard lanes[index].channel == channel, lanes[index].isTest == isTest else { return false }
            guard hasBoundLanes, !isTest else { return true }
            return isBound ? lanes[index].isFor(domain ?? "") : lanes[index].transport.domains == nil
        }
    }

    /// How many messages some lanes could start: those of the first that has room, or of all among which they are divided.
    private func room(of candidates: [Int], now: UInt64) -> Int {
        let open = candidates.filter { lanes[$0].room(now: now) > 0 }
        guard isDivided(open) else { return open.first.map { lanes[$0].room(now: now) } ?? 0 }
        return open.reduce(0) { $0 + lanes[$1].room(now: now) }
    }

    /// Whether not simply the first that has room takes the next message.
    private func isDivided(_ candidates: [Int]) -> Bool {
        candidates.count > 1 && candidates.contains { lanes[$0].weight != nil || !lanes[$0].health.isWhole }
    }

    /// The lane that takes a message: the first of the channel that has room, or the next by their weights and by how they
    /// have fared. A stopped one whose wait is over has room for one message, which tries it; the others take the rest
    /// meanwhile.
    mutating func lane(for handOff: HandOff, now: UInt64) -> Int? {
        let all = candidates(handOff.channel, handOff.domain, isTest: handOff.isTest)
        if let own = doubtLane(of: handOff) { return lanes[own].room(now: now) > 0 ? own : nil }
        let open = all.filter { lanes[$0].room(now: now) > 0 }
        guard isDivided(open) else { return open.first }
        if let trying = open.first(where: { lanes[$0].breaker.state != .closed }) { return trying }
        let parts = LaneSplit.parts(open.map { (lanes[$0].weight, lanes[$0].health.value) })
        var credits = open.map { lanes[$0].credit }
        let next = LaneSplit.next(parts, &credits)
        // What was stopped or full for a while does not make up for it.
        for (index, credit) in zip(open, credits) { lanes[index].credit = max(-1, min(1, credit)) }
        return open[next]
    }

    /// The lane that a message was given to when nobody knew what became of it, where it could go to another.
    private func doubtLane(of handOff: HandOff) -> Int? {
        guard let name = handOff.doubtLane, !handOff.isTest, isChoice(handOff.channel) else { return nil }
        return lanes.firstIndex { $0.channel == handOff.channel && !$0.isTest && $0.transport.name == name }
    }

    private func hasOwnLane(_ domain: String, _ channel: Channel) -> Bool {
        lanes.contains { $0.channel == channel && $0.isFor(domain) }
    }

    private func weight(of brand: String, _ channel: Channel) -> Double {
        settings.channels[channel]?.weights[brand] ?? 1
    }

    func hasRoom(now: UInt64) -> Bool {
        let wall = clock.now()
        return Channel.dispatched.contains { channel in
            guard books[channel]?.isDue(now: now, wall: wall) == true,
                let lane = candidates(channel, nil, isTest: false).first(where: { lanes[$0].room(now: now) > 0 })
            else { return false }
            return lanes[lane].room(now: now) > lanes[lane].limit / 4
        }
    }

    mutating func isShut(_ share: Share, now: UInt64, wall: Int64) -> Bool {
        if shaper.isShut(share, now: now, wall: wall) { return true }
        guard let limit = share.limit, limit.hasPrefix("lane:") else { return false }
        return lanes.filter {
            $0.channel == share.channel && !$0.isTest
                && (DispatchLoop.route($0) == limit || DispatchLoop.doubt($0) == limit)
        }
        .allSatisfy { $0.breaker.isOpen || $0.isQuiet(now: now) }
    }

    // MARK: - Admission

    /// What of a claim may go on, with the limits that count it. The rest is parked, or waits again.
    mutating func admitted(_ handOffs: [HandOff], now: UInt64) -> [(HandOff, [Int])] {
        let wall = clock.now()
        var admitted: [(HandOff, [Int])] = []
        admitted.reserveCapacity(handOffs.count)
        var routed: [String: Int] = [:]
        var moves: [Parking.Move: Int] = [:]
        for handOff in handOffs {
            guard !handOff.isTest else {
                admitted.append((handOff, []))
                continue
            }
            var keeper: String?
            if let own = doubtLane(of: handOff) {
                keeper = busyDoubt(own, &routed, now: now)
            } else if hasBoundLanes {
                keeper = busyRoute(handOff, &routed, now: now)
            }
            switch keeper.map(Shaper.Verdict.park) ?? shaper.admit(handOff, now: now, wall: wall) {
            case .go(let limits):
                admitted.append((handOff, limits))
            case .park(let limit):
                let share = Share(channel: handOff.channel, brand: handOff.brand, limit: limit)
                var kept = handOff
                kept.document = []
                work.parkings.append(Parking(handOff: kept, share: share))
                // What nobody is in doubt about need not wait for one lane.
                guard keeper.map({ !$0.hasPrefix(DispatchLoop.doubtPrefix) }) ?? true else { continue }
                // A run counts its messages as they are claimed, one by one.
                guard queue.policies[handOff.brand].canary == nil else { continue }
                let move = Parking.Move(
                    from: handOff.share,
                    to: share,
                    priority: handOff.priority,
                    domain: handOff.domain
                )
                moves[move, default: 0] += 1
            case .wait:
                settle(handOff, lane: lanes.firstIndex { $0.channel == handOff.channel } ?? 0, .putBack)
            }
        }
        work.moves = moves.filter { $0.value >= DispatchLoop.manyParked && $0.key.from != $0.key.to }
            .sorted { $0.value > $1.value }.prefix(DispatchLoop.mostMoves).map(\.key)
        return admitted
    }

    /// The limit that keeps a message of which only this lane might know whether it has arrived.
    private func busyDoubt(_ own: Int, _ routed: inout [String: Int], now: UInt64) -> String? {
        let name = DispatchLoop.doubt(lanes[own])
        guard lanes[own].room(now: now) > routed[name] ?? 0 else { return name }
        routed[name, default: 0] += 1
        return nil
    }

    /// The limit that keeps a message whose lanes have no room for it.
    private func busyRoute(_ handOff: HandOff, _ routed: inout [String: Int], now: UInt64) -> String? {
        let isBound = hasOwnLane(handOff.domain, handOff.channel)
        let candidates = lanes.filter {
            $0.channel == handOff.channel && !$0.isTest
                && (isBound ? $0.isFor(handOff.domain) : $0.transport.domains == nil)
        }
        guard let first = candidates.first else { return nil }
        let name = DispatchLoop.route(first)
        let room = candidates.map { $0.room(now: now) }.max() ?? 0
        guard room > routed[name] ?? 0 else { return name }
        routed[name, default: 0] += 1
        return nil
    }

    /// So many parked messages to one domain in a claim are worth a look for those right behind them.
    private static let manyParked = 16
    /// Each looks through thousands of rows.
    private static let mostMoves = 3

    /// Writes down what a turn's claims and moves have found.
    mutating func note(_ turn: Queue.Turn, _ result: Queue.TurnResult, now: UInt64) {
        let wall = clock.now()
        for (wish, count) in zip(reserving, result.granted) { shaper.grant(count, wish) }
        reserving = []
        var parked: [Share: Int] = [:]
        for parking in turn.parkings { parked[parking.share, default: 0] += 1 }
        for (move, count) in zip(turn.moves, result.moved) where count > 0 { parked[move.to, default: 0] += count }
        for (share, count) in parked {
            books[share.channel]?.park(share, count, now: now)
            if let limit = share.limit { shaper.parked(count, under: limit, share.channel) }
        }
        defer {
            // What was deferred stands among its brand's again: the next claim finds when it is due.
            for (channel, counts) in result.gate where counts[.defer] != nil {
                for claim in turn.claims where claim.share.channel == channel {
                    books[channel]?.notice(claim.share.brand, due: 0)
                }
                for handOff in turn.stale where handOff.channel == channel {
                    books[channel]?.notice(handOff.brand, due: 0)
                }
            }
        }
        for claim in turn.claims {
            let share = claim.share
            let weight = weight(of: share.brand, share.channel)
            let wake = share.limit == nil ? 0 : shaper.wakes(share, now: now, wall: wall)
            let gone = books[share.channel]?.took(
                share,
                result.claimed[share] ?? 0,
                nextDue: result.nextDue[share],
                weight: weight,
                wake: wake
            )
            if let limit = share.limit { shaper.parked(-(gone ?? 0), under: limit, share.channel) }
        }
        shaper.sweep(now: now)
    }

    /// Shares that were to be claimed and were not: they are looked at again.
    mutating func drop(_ claims: [ClaimRequest], now: UInt64) {
        for claim in claims { books[claim.share.channel]?.retry(claim.share, at: now) }
    }

    /// Asks for parts of what limits allow by the hour or the day; what was asked for in a turn that failed still stands.
    mutating func reserve() {
        guard work.reservations.isEmpty else { return }
        reserving = shaper.reservations(wall: clock.now())
        work.reservations = reserving.map(\.reservation)
    }

    // MARK: - What others changed

    /// Work of this process says where it is; after a change by another process every channel is looked at again.
    mutating func noticeChange(now: UInt64) async {
        let work = inbox.takeWork()
        for (share, due) in work.due { books[share.channel]?.notice(share.brand, due: due) }
        let isTime = now - lookedForChange >= UInt64(DispatchLoop.idlePoll) * 1_000_000
        guard isTime || work.isAnything else { return }
        lookedForChange = now
        if now - lookedForPauses >= DispatchLoop.pausePoll { await lookForPauses(now: now) }
        if now - lookedForReceipts >= DispatchLoop.receiptsEvery { await lookForReceipts(now: now) }
        guard let token = try? await queue.database.changeToken(), token != changeToken || work.isAnything else {
            return
        }
        changeToken = token
        for channel in books.keys {
            if !loaded.contains(channel) {
                guard let shares = try? await queue.waitingShares(channel) else {
                    changeToken = 0
                    continue
                }
                loaded.insert(channel)
                // What an order keeps is put among its brand's again when the order ends.
                for (share, count) in shares where !share.isKept {
                    shaper.meet(share, now: now)
                    books[channel]?.find(share, Int(count), now: now)
                    if let limit = share.limit { shaper.parked(Int(count), under: limit, channel) }
                }
            } else if let brands = try? await queue.waitingBrands(channel) {
                for brand in brands { books[channel]?.notice(brand, due: 0) }
            }
        }
        await lookForPauses(now: now)
    }

    /// Trusts lanes less whose receipts stay out, where there are others.
    private mutating func lookForReceipts(now: UInt64) async {
        lookedForReceipts = now
        let wall = clock.now()
        for (channel, settings) in settings.channels where isChoice(channel) {
            guard let within = settings.receiptsWithin?.milliseconds,
                let found = try? await queue.database.read({
                    try MissingReceipts.find(channel, within: within, now: wall, $0)
                })
            else { continue }
            for one in found {
                let index = lanes.firstIndex {
                    $0.channel == channel && !$0.isTest && $0.transport.name == one.transport
                }
                if let index { lanes[index].take(receiptsOf: one.expected, missing: one.missing) }
            }
        }
    }

    mutating func lookForPauses(now: UInt64) async {
        guard let pauses = try? await queue.database.read({ try Pauses.list($0) }) else { return }
        lookedForPauses = now
        let wall = clock.now()
        shaper.obey(pauses.filter { !$0.isAboutLanes && !$0.isAboutMessages && $0.isInForce(wall) }, now: now)
        for index in lanes.indices where !lanes[index].isTest {
            let lane = lanes[index]
            let pause = pauses.filter { $0.covers(lane.channel, lane.transport.name, now: wall) }.strictest
            guard pause != lane.pause else { continue }
            lanes[index].obey(pause, now: now)
            lastBeat = 0
            if pause != nil { lane.transport.withdraw() }
            logger.notice(
                pause == nil ? "lane goes on" : pause?.rate == nil ? "lane paused" : "lane slowed",
                metadata: ["lane": "\(lane.transport.name)", "reason": "\(pause?.reason ?? "")"]
            )
        }
    }

    // MARK: - What is told

    /// The limits that matter: the fullest, and those that somebody has ordered.
    mutating func limitReports(now: UInt64) -> [LimitReport] {
        let wall = clock.now()
        let seconds = Double(now - min(now, startedBefore.at)) / 1e9
        var counts: [String: Int] = [:]
        var reports: [LimitReport] = []
        for limiter in shaper.known where !limiter.isIdle(now) || limiter.lastError != nil {
            let key = "\(limiter.channel.rawValue) \(limiter.name)"
            counts[key] = limiter.started
            let before = startedBefore.counts[key] ?? limiter.started
            reports.append(limiter.report(rate: seconds > 0 ? Double(limiter.started - before) / seconds : 0, wall))
        }
        startedBefore = (counts, now)
        reports.sort { ($0.reason == nil ? 0 : 1, $0.parked, $0.rate) > ($1.reason == nil ? 0 : 1, $1.parked, $1.rate) }
        return Array(reports.prefix(DispatchLoop.mostReported))
    }

    private static let mostReported = 50
}
