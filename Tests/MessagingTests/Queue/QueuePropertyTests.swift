import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("The queue, whatever is done to it in whatever order")
struct QueuePropertyTests {
    @Test("stands as the model does after every step", arguments: TestSize.seeds(8))
    func followsModel(seed: UInt64) async throws {
        var walk = try await QueueWalk(seed: seed)
        for step in 1...250 {
            let did = try await walk.step()
            let difference = try await walk.difference()
            try #require(difference == nil, "seed \(seed), step \(step), \(did)")
        }
        #expect(try await walk.differenceOfEvents() == nil, "seed \(seed)")
        try walk.fixture.database.close()
    }

    @Test("ends every message once nothing new comes and every delivery goes through", arguments: TestSize.seeds(4))
    func endsEverything(seed: UInt64) async throws {
        var walk = try await QueueWalk(seed: seed)
        for _ in 1...150 { _ = try await walk.step() }
        try await walk.drain()
        let report = try await walk.fixture.queue.status(now: walk.fixture.clock.now)
        #expect(report.sumHolds, "seed \(seed)")
        for state in MessageState.allCases where !state.isFinal {
            #expect(report.messages[state] == 0, "seed \(seed): \(state)")
        }
        #expect(try await walk.difference() == nil, "seed \(seed)")
        try walk.fixture.database.close()
    }
}
