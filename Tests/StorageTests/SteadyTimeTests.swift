import Testing

@testable import Storage

@Suite struct SteadyTimeTests {
    private static let year: Int64 = 365 * 86_400_000

    @Test func `small corrections of the clock are followed`() {
        var time = SteadyTime(wall: 1_000_000, monotonic: 0)
        #expect(time.now(wall: 1_010_500, monotonic: 10_000) == 1_010_500)
        #expect(time.now(wall: 1_019_900, monotonic: 20_000) == 1_019_900)
    }

    @Test(arguments: [year, -year, 61_000, -3_600_000])
    func `a leap that is taken back was never there`(distance: Int64) {
        var time = SteadyTime(wall: year * 56, monotonic: 0)
        #expect(time.now(wall: Self.year * 56 + 1000 + distance, monotonic: 1000) == Self.year * 56 + 1000)
        #expect(time.now(wall: Self.year * 56 + 60_000 + distance, monotonic: 60_000) == Self.year * 56 + 60_000)
        #expect(time.now(wall: Self.year * 56 + 61_000, monotonic: 61_000) == Self.year * 56 + 61_000)
    }

    @Test func `a leap that stands for five minutes is believed`() {
        var time = SteadyTime(wall: 0, monotonic: 0)
        #expect(time.now(wall: Self.year, monotonic: 1000) == 1000)
        #expect(time.now(wall: Self.year + 299_000, monotonic: 300_000) == 300_000)
        #expect(time.now(wall: Self.year + 300_000, monotonic: 301_000) == Self.year + 300_000)
        #expect(time.now(wall: Self.year + 301_000, monotonic: 302_000) == Self.year + 301_000)
    }

    @Test func `a second leap starts the patience anew`() {
        var time = SteadyTime(wall: 0, monotonic: 0)
        #expect(time.now(wall: Self.year, monotonic: 1000) == 1000)
        #expect(time.now(wall: 2 * Self.year, monotonic: 200_000) == 200_000)
        #expect(time.now(wall: 2 * Self.year + 120_000, monotonic: 320_000) == 320_000)
        #expect(time.now(wall: 2 * Self.year + 301_000, monotonic: 501_000) == 2 * Self.year + 301_000)
    }
}
