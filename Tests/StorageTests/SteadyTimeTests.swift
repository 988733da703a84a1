import Testing

@testable import Storage

@Suite struct SteadyTimeTests {
    private static let year: Int64 = 365 * 86_400_000

    @Test func `small corrections of the clock are followed`() {
        var time = SteadyTime(wall: 1_000_000, monotonic: 0)
        #expect(time.now(wall: 1_010_500, monotonic: 10_000) == 1_010_500)
        #expect(time.now(wall: 1_019_900, monotonic: 20_000) == 1_019_900)
    }

    @Test(arguments: [31_536_000_000, -31_536_000_000, 61_000, -3_600_000] as [Int64])
    func `a leap that is taken back was never there`(distance: Int64) {
        let start: Int64 = 1_700_000_000_000
        var time = SteadyTime(wall: start, monotonic: 0)
        let looks: [(monotonic: Int64, isLeaping: Bool)] = [
            (1000, true), (60_000, true), (299_000, true), (300_500, false),
        ]
        for (monotonic, isLeaping) in looks {
            let wall = start + monotonic + (isLeaping ? distance : 0)
            let now = time.now(wall: wall, monotonic: monotonic)
            #expect(now == start + monotonic)
        }
    }

    @Test func `a leap that stands for five minutes is believed`() {
        let year = Self.year
        var time = SteadyTime(wall: 0, monotonic: 0)
        #expect(time.now(wall: year, monotonic: 1000) == 1000)
        #expect(time.now(wall: year + 299_000, monotonic: 300_000) == 300_000)
        #expect(time.now(wall: year + 300_000, monotonic: 301_000) == year + 300_000)
        #expect(time.now(wall: year + 301_000, monotonic: 302_000) == year + 301_000)
    }

    @Test func `a second leap starts the patience anew`() {
        let year = Self.year
        var time = SteadyTime(wall: 0, monotonic: 0)
        #expect(time.now(wall: year, monotonic: 1000) == 1000)
        #expect(time.now(wall: 2 * year, monotonic: 200_000) == 200_000)
        #expect(time.now(wall: 2 * year + 120_000, monotonic: 320_000) == 320_000)
        #expect(time.now(wall: 2 * year + 301_000, monotonic: 501_000) == 2 * year + 301_000)
    }
}
