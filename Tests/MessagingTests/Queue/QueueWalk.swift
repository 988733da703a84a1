import JSON
import Storage
import TestSupport
import Testing

@testable import Messaging

/// A random walk over everything that can be done to a queue, with the model beside it.
struct QueueWalk {
    let fixture: QueueFixture
    private var generator: SeededGenerator
    private var model = QueueModel()
    /// What each worker has in hand; a worker that was taken for dead keeps its own, and settles it late.
    private var hands: [[HandOff]] = [[], [], []]
    /// The newest fence that was handed off, by message.
    private var fences: [Int64: Int64] = [:]

    private static let addresses = ["ada@example.com", "bob@example.com", "cy@example.org", "dee@example.org"]
    private static let brands = ["example", "other"]
    private static let channels: [Channel] = [.email, .sms]

    init(seed: UInt64) async throws {
        fixture = try await QueueFixture()
        generator = SeededGenerator(seed: seed)
    }

    private var now: Int64 { fixture.clock.now }

    /// Whole minutes, so that times often meet.
    private mutating func minutes(_ range: ClosedRange<Int64>) -> Int64 {
        Int64.random(in: range, using: &generator) * 60_000
    }

    /// Does one thing to both.
    ///
    /// - Returns: what it was, for whoever has to find out why they differ.
    mutating func step() async throws -> String {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<18: return try await enqueue()
        case 18..<39: return try await claim()
        case 39..<58: return try await settle()
        case 58..<62: return try await askAgain()
        case 62..<65: return try await die()
        case 65..<74: return try await perform()
        case 74..<78: return try await changeOptOuts()
        case 78..<86: return try await expire()
        case 86..<88: return try await prune()
        default: return moveClock()
        }
    }

    /// Approves what is held and delivers what waits, until nothing is left to do.
    mutating func drain() async throws {
        for hand in hands.indices {
            let settlements = hands[hand].map { settlement($0, .accepted("250 ok")) }
            hands[hand] = []
            try await write(settlements)
        }
        _ = try await takeBack()
        for _ in 0..<1000 {
            let held = model.messages.values.filter { $0.state == .held }.map(\.id).sorted()
            try await perform(.approve, held)
            var handedOff: [HandOff] = []
            for channel in QueueWalk.channels {
                for brand in QueueWalk.brands { handedOff += try await claim(channel, brand, limit: 50, node: 1) }
            }
            try await write(handedOff.map { settlement($0, .accepted("250 ok")) })
            let open = model.messages.values.filter { !$0.state.isFinal }
            guard let next = open.map(\.due).min() else { return }
            fixture.clock.now = max(now, next)
        }
    }

    // MARK: - Steps

    private mutating func enqueue() async throws -> String {
        let batch = (0..<Int.random(in: 1...6, using: &generator)).map { _ in newMessage() }
        let receipts = try await fixture.queue.enqueue(batch.map(\.message))
        for ((message, words), receipt) in zip(batch, receipts) {
            var id: Int64 = 0
            if case .accepted(let given) = receipt { id = given }
            try #require(model.messages[id] == nil && id >= 0, "id \(id) was used before")
            let expected = model.enqueue(message, words: words, id: id, now: now)
            try #require(receipt == expected)
        }
        return "enqueued \(receipts)"
    }

    private mutating func newMessage() -> (message: NewMessage, words: String) {
        let words = generator.pick(["Hello", "Good day"])
        let due: Int64? = generator.chance(1, of: 2) ? nil : now + minutes(-60...120)
        let address = generator.pick(QueueWalk.addresses)
        let channel = generator.pick(QueueWalk.channels)
        let brand = generator.pick(QueueWalk.brands)
        let message = QueueFixture.message(
            key: generator.chance(1, of: 2) ? "key \(Int.random(in: 0..<25, using: &generator))" : nil,
            to: address,
            words: words,
            priority: generator.pick([0, 3, 5, 5, 9]),
            due: due,
            expires: generator.chance(1, of: 3)
                ? max(now, due ?? now) + minutes(1...90) : nil,
            channel: channel,
            brand: brand
        )
        return (message, "\(channel) \(address) \(words)")
    }

    private mutating func claim() async throws -> String {
        let node = Int.random(in: 0..<hands.count, using: &generator)
        let channel = generator.pick(QueueWalk.channels)
        let brand = generator.pick(QueueWalk.brands)
        let handOffs = try await claim(channel, brand, limit: generator.pick([1, 2, 5, 20]), node: Int64(node + 1))
        hands[node] += handOffs
        return "claimed \(handOffs.map(\.id))"
    }

    private mutating func claim(
        _ channel: Channel,
        _ brand: String,
        limit: Int,
        node: Int64
    ) async throws -> [HandOff] {
        let expected = model.claim(channel, brand: brand, limit: limit, now: now)
        let handOffs = try await fixture.claim(channel, brand: brand, limit: limit, node: node)
        try #require(handOffs.map(\.id) == expected.map(\.id))
        try #require(handOffs.map(\.fence) == expected.map(\.fence))
        try #require(handOffs.map(\.attempts) == expected.map(\.attempts))
        for handOff in handOffs {
            try #require(handOff.fence > fences[handOff.id] ?? 0, "the fence of \(handOff.id) did not grow")
            try #require((handOff.expires ?? .max) > now, "\(handOff.id) has expired")
            fences[handOff.id] = handOff.fence
        }
        return handOffs
    }

    private mutating func settle() async throws -> String {
        let node = Int.random(in: 0..<hands.count, using: &generator)
        let count = min(hands[node].count, Int.random(in: 1...8, using: &generator))
        hands[node].shuffle(using: &generator)
        let taken = Array(hands[node].suffix(count))
        hands[node].removeLast(count)
        let settlements = taken.map { settlement($0, outcome()) }
        try await write(settlements)
        return "settled \(settlements.map { ($0.handOff.id, $0.handOff.fence, $0.outcome) })"
    }

    private mutating func outcome() -> Outcome {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4: .accepted("250 ok")
        case 4..<6: .retry(.temporary, "451 later", after: nil)
        case 6: .retry(.temporary, "421 busy", after: minutes(0...70))
        case 7: .rejected(generator.chance(1, of: 4) ? .recipient : .permanent, "550 no")
        case 8: .uncertain(.connection, "lost")
        default: generator.chance(1, of: 4) ? .held(.render, "no such template") : .putBack
        }
    }

    private mutating func settlement(_ handOff: HandOff, _ outcome: Outcome) -> Settlement {
        Settlement(
            handOff: handOff,
            transport: "test",
            outcome: outcome,
            retry: RetryPolicy(first: 60_000, factor: 3, max: 3_600_000, giveUp: 7_200_000),
            uncertain: generator.chance(1, of: 2) ? .hold : .retry,
            random: generator.pick([0, 0.5, .random(in: 0..<1, using: &generator)])
        )
    }

    private mutating func write(_ settlements: [Settlement]) async throws {
        for settlement in settlements { model.settle(settlement, now: now) }
        _ = try await fixture.queue.turn(.init(settlements: settlements), node: 1)
    }

    /// Hands off again what did not start in time; some of it may have been taken back meanwhile.
    private mutating func askAgain() async throws -> String {
        let node = Int.random(in: 0..<hands.count, using: &generator)
        let stale = Array(hands[node].prefix(4))
        hands[node].removeFirst(stale.count)
        let result = try await fixture.queue.turn(.init(stale: stale), node: Int64(node + 1))
        let now = now
        let expected = stale.filter { model.mayGo($0.id, fence: $0.fence, now: now) }
        try #require(result.mayGo == Set(expected.map(\.id)))
        hands[node] += expected
        return "asked again for \(stale.map(\.id))"
    }

    /// Every worker is taken for dead: what they have in hand is taken back, though they may settle it yet.
    private mutating func die() async throws -> String {
        if generator.chance(1, of: 2) { hands[Int.random(in: 0..<hands.count, using: &generator)] = [] }
        return "took back \(try await takeBack())"
    }

    private mutating func takeBack() async throws -> Int {
        var total = 0
        for channel in QueueWalk.channels {
            let policy = RetryPolicy(first: 60_000, factor: 3, max: 3_600_000, giveUp: 7_200_000)
            let uncertain: UncertainPolicy = generator.chance(1, of: 3) ? .hold : .retry
            var immediately = policy
            immediately.first = 0
            immediately.giveUp = .max / 4
            let left = model.messages.values.filter { $0.state == .sending && $0.channel == channel }
            for message in left {
                let handOff = HandOff(
                    id: message.id,
                    fence: message.fence,
                    channel: channel,
                    attempts: message.attempts,
                    since: message.since,
                    expires: message.expires,
                    startedAt: 0,
                    acceptedAt: 0,
                    document: []
                )
                model.settle(
                    Settlement(
                        handOff: handOff,
                        transport: "",
                        outcome: .uncertain(.workerDied, ""),
                        retry: immediately,
                        uncertain: uncertain,
                        random: 0
                    ),
                    now: now
                )
            }
            let count = try await fixture.queue.takeBack(
                channel,
                retry: policy,
                uncertain: uncertain,
                batch: generator.pick([1, 3, 1000])
            )
            try #require(count == left.count)
            total += count
        }
        return total
    }

    private mutating func perform() async throws -> String {
        let action = generator.pick(MessageAction.allCases)
        let known = model.messages.keys.sorted()
        guard !known.isEmpty else { return "nothing" }
        let ids = Set((0..<Int.random(in: 1...6, using: &generator)).map { _ in generator.pick(known) }).sorted()
        try await perform(action, ids)
        return "\(action) \(ids)"
    }

    private mutating func perform(_ action: MessageAction, _ ids: [Int64]) async throws {
        let expected = model.perform(action, on: ids, now: now)
        try #require(try await fixture.queue.perform(action, on: ids, by: "test") == expected)
    }

    private mutating func changeOptOuts() async throws -> String {
        let no = QueueModel.No(
            address: generator.pick(QueueWalk.addresses),
            channel: generator.pick([nil, .email, .sms]),
            brand: generator.pick([nil, "other"])
        )
        let scope = OptOut.Scope(channel: no.channel, brand: no.brand)
        if generator.chance(1, of: 2) {
            let added = try await fixture.optOuts.add(
                [
                    .init(addressKey: no.address, address: no.address, scope: scope, source: "test")
                ],
                by: "walk"
            )
            try #require(added == model.optOut(no))
            return "opted out \(no)"
        }
        let removed = try await fixture.optOuts.remove(addressKey: no.address, scope: scope, by: "walk")
        try #require(removed == model.takeBack(no))
        return "took back the opt-out \(no)"
    }

    private mutating func expire() async throws -> String {
        let limit = generator.pick([1, 5, 500])
        let expected = model.expire(limit: limit, now: now)
        try #require(try await fixture.queue.expire(limit: limit) == expected)
        return "expired \(expected)"
    }

    private mutating func prune() async throws -> String {
        let cutoff = now - minutes(0...120)
        let expected = model.prune(finishedBefore: cutoff)
        try #require(try await fixture.queue.prune(finishedBefore: cutoff, limit: 10_000) == expected)
        return "pruned \(expected)"
    }

    private mutating func moveClock() -> String {
        let step: Int64 =
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: -3_600_000
            case 1: 86_400_000
            case 2: minutes(-10...0)
            default: minutes(0...15)
            }
        fixture.clock.now += step
        return "moved the clock by \(step) ms"
    }

    // MARK: - Comparison

    private static let table = Statement(
        "SELECT id, state, fence, attempts, due, since, finished_at FROM message ORDER BY id"
    )
    private static let contents = Statement("SELECT count(*) FROM content")

    /// Where the queue and the model differ; `nil` where they agree.
    func difference() async throws -> String? {
        let rows = try await fixture.database.read { connection in
            try connection.all(QueueWalk.table) { row in
                "\(row.integer(0)) \(row.text(1)) fence \(row.integer(2)) attempts \(row.integer(3)) due \(row.integer(4))"
                    + " since \(row.integer(5)) finished \(row.optionalInteger(6) ?? -1)"
            }
        }
        let expected = model.messages.values.sorted { $0.id < $1.id }.map { message in
            "\(message.id) \(message.state) fence \(message.fence) attempts \(message.attempts) due \(message.due)"
                + " since \(message.since) finished \(message.finishedAt ?? -1)"
        }
        for (row, wanted) in zip(rows, expected) where row != wanted { return "is \(row), should be \(wanted)" }
        guard rows.count == expected.count else { return "\(rows.count) messages, should be \(expected.count)" }
        let contents = try await fixture.database.read { try $0.first(QueueWalk.contents) { $0.integer(0) } }
        guard contents == Int64(expected.count) else {
            return "\(contents ?? 0) contents for \(expected.count) messages"
        }
        let report = try await fixture.queue.status(now: now)
        guard report.accepted == model.accepted, report.pruned == model.pruned, report.sumHolds else {
            return "accepted \(report.accepted), pruned \(report.pruned); should be \(model.accepted), \(model.pruned)"
        }
        return nil
    }

    /// Where the stories of the messages differ.
    func differenceOfEvents() async throws -> String? {
        for message in model.messages.values {
            let kinds = try await fixture.queue.events(of: message.id).map(\.kind)
            guard kinds == message.events else { return "\(message.id): \(kinds), should be \(message.events)" }
        }
        return nil
    }
}
