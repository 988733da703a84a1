import Testing

@testable import Server

@Suite("A token's allowance")
struct TokenBucketTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("lets a second's worth through at once, then so many a second")
    func rate() {
        var bucket = TokenBucket(rate: 10, now: 0)
        for _ in 0..<10 { #expect(bucket.take(1, now: 0) == nil) }
        #expect(bucket.take(1, now: 0) == 1)
        #expect(bucket.take(1, now: Self.second / 10) == nil)
        #expect(bucket.take(1, now: Self.second / 10) == 1)
        #expect(bucket.take(10, now: 2 * Self.second) == nil)
    }

    @Test("lets a request through that is larger than it, and has it paid off afterwards")
    func large() {
        var bucket = TokenBucket(rate: 10, now: 0)
        #expect(bucket.take(30, now: 0) == nil)
        #expect(bucket.take(1, now: Self.second) == 2)
        #expect(bucket.take(1, now: 3 * Self.second) == nil)
    }

    @Test("keeps no more than a second's worth")
    func burst() {
        var bucket = TokenBucket(rate: 5, now: 0)
        #expect(bucket.take(5, now: 100 * Self.second) == nil)
        #expect(bucket.take(1, now: 100 * Self.second) != nil)
    }
}
