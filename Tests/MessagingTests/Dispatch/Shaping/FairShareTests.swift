import Testing

@testable import Messaging

@Suite("A fair share")
struct FairShareTests {
    @Test("is all of it for the only one")
    func alone() {
        var fair = FairShare()
        #expect(fair.grants(7, [("acme", 1)]) == [7])
    }

    @Test("follows the weights, however little is shared out at a time", arguments: [1, 3, 10, 1000])
    func weights(_ room: Int) {
        var fair = FairShare()
        var sums = [0, 0, 0]
        for _ in 0..<(60_000 / room) {
            let grants = fair.grants(room, [("a", 1), ("b", 2), ("c", 3)])
            #expect(grants.reduce(0, +) == room && grants.allSatisfy { $0 >= 0 })
            for index in 0..<3 { sums[index] += grants[index] }
        }
        let total = sums.reduce(0, +)
        for (index, weight) in [1, 2, 3].enumerated() {
            #expect(abs(sums[index] - total * weight / 6) <= room + 1)
        }
    }

    @Test("keeps no credit for who had nothing to send")
    func absent() {
        var fair = FairShare()
        for _ in 0..<1000 { _ = fair.grants(10, [("a", 1), ("b", 1)]) }
        for _ in 0..<1000 { _ = fair.grants(10, [("a", 1)]) }
        #expect(fair.grants(10, [("a", 1), ("b", 1)]) == [5, 5])
    }

    @Test("a bulk run delays another brand's message by no more than the weights say", arguments: 0..<20)
    func bound(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        var fair = FairShare()
        let weights = (0..<5).map { _ in Double(Int.random(in: 1...10, using: &random)) }
        // Four brands always have something; the fifth has one message now and then.
        for _ in 0..<200 {
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                _ = fair.grants(Int.random(in: 1...8, using: &random), (0..<4).map { ("b\($0)", weights[$0]) })
            }
            var others = 0
            var own = 0
            while own == 0 {
                let grants = fair.grants(1, (0..<5).map { ("b\($0)", weights[$0]) })
                own = grants[4]
                others += grants[0..<4].reduce(0, +)
            }
            // Each of the others may have had up to one turn of credit before.
            #expect(Double(others) <= weights[0..<4].reduce(0, +) / weights[4] + 5)
        }
    }
}

/// A small generator with a seed (Steele, Lea, Flood, 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
