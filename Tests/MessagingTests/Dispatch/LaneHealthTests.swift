import TestSupport
import Testing

@testable import Messaging

@Suite("How much a lane is trusted with")
struct LaneHealthTests {
    private static let second: UInt64 = 1_000_000_000

    /// A lane to which a delivery a second goes.
    private struct Simulation {
        var health = LaneHealth()
        var now = LaneHealthTests.second

        /// - Parameter failing: what part fails.
        mutating func run(seconds: Int, failing: Double, _ generator: inout SeededGenerator) {
            for _ in 0..<seconds {
                now += LaneHealthTests.second
                let isBad = Double.random(in: 0..<1, using: &generator) < failing
                health.take(isBad ? .connectFailed("refused") : .working, now: now)
            }
        }
    }

    @Test("one error, or a bad moment, changes nothing")
    func momentary() {
        var simulation = Simulation()
        var generator = SeededGenerator(seed: 1)
        simulation.run(seconds: 60, failing: 0, &generator)
        simulation.health.take(.connectFailed("refused"), now: simulation.now)
        #expect(simulation.health.isWhole)
        simulation.run(seconds: 15, failing: 1, &generator)
        #expect(simulation.health.isWhole)
        simulation.run(seconds: 3600, failing: 0.03, &generator)
        #expect(simulation.health.isWhole)
    }

    @Test("sustained failure takes it away, to a floor, and it returns slowly")
    func sustained() {
        var simulation = Simulation()
        var generator = SeededGenerator(seed: 2)
        simulation.run(seconds: 60, failing: 0.6, &generator)
        #expect(simulation.health.value < 0.6)
        simulation.run(seconds: 600, failing: 0.6, &generator)
        #expect(simulation.health.value < 0.1)
        simulation.run(seconds: 60, failing: 0, &generator)
        #expect((0.1...0.3).contains(simulation.health.value))
        simulation.run(seconds: 600, failing: 0, &generator)
        #expect(simulation.health.isWhole)
    }

    @Test("an opened breaker and missing receipts take half of it, a few missing ones nothing")
    func steps() {
        var health = LaneHealth()
        health.take(receiptsOf: 100, missing: 40)
        health.take(receiptsOf: 10, missing: 10)
        #expect(health.isWhole)
        health.take(receiptsOf: 100, missing: 60)
        #expect(health.value == 0.5)
        health.opened()
        #expect(health.value == 0.25)
    }

    struct Row: Sendable {
        let lanes: [(weight: Double?, health: Double)]
        let parts: [Double]
    }

    @Test(
        "messages are divided by weights, else by order and trust",
        arguments: [
            Row(lanes: [(nil, 1), (nil, 1)], parts: [1, 0]),
            Row(lanes: [(nil, 0.25), (nil, 1), (nil, 1)], parts: [0.25, 0.75, 0]),
            Row(lanes: [(nil, 0.5), (nil, 0.5), (nil, 1)], parts: [0.5, 0.25, 0.25]),
            Row(lanes: [(3, 1), (1, 1)], parts: [0.75, 0.25]),
            Row(lanes: [(3, 1), (nil, 1), (0, 1)], parts: [0.75, 0.25, 0]),
            Row(lanes: [(1, 0.5), (1, 1)], parts: [1.0 / 3, 2.0 / 3]),
            Row(lanes: [(0, 1), (0, 1)], parts: [1, 0]),
            Row(lanes: [(0, 1)], parts: [1]),
        ]
    )
    func parts(row: Row) {
        let parts = LaneSplit.parts(row.lanes)
        for (found, expected) in zip(parts, row.parts) { #expect(abs(found - expected) < 1e-9) }
    }

    @Test("each gets its part of many, evenly mixed")
    func mixed() {
        var credits = [0.0, 0, 0]
        var counts = [0, 0, 0]
        for turn in 1...1000 {
            counts[LaneSplit.next([0.6, 0.3, 0.1], &credits)] += 1
            for (count, part) in zip(counts, [0.6, 0.3, 0.1]) {
                #expect(abs(Double(count) - part * Double(turn)) < 1.5)
            }
        }
        #expect(counts == [600, 300, 100])
    }
}
