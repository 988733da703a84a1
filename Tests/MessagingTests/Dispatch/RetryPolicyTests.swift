import TestSupport
import Testing

@testable import Messaging

@Suite("When a message goes again")
struct RetryPolicyTests {
    private static let minute: Int64 = 60_000
    private static let hour: Int64 = 3_600_000

    @Test(
        "each wait is a factor longer than the one before, up to the longest, and half of it is jitter",
        arguments: [
            (1, 30_000, 60_000),
            (2, 60_000, 120_000),
            (3, 120_000, 240_000),
            (4, 240_000, 480_000),
            (8, 3_840_000, 7_680_000),
            (9, 7_200_000, 14_400_000),
            (10, 7_200_000, 14_400_000),
            (1000, 7_200_000, 14_400_000),
            (0, 30_000, 60_000),
        ] as [(Int, Int64, Int64)]
    )
    func delays(attempt: Int, shortest: Int64, longest: Int64) {
        let policy = RetryPolicy()
        #expect(policy.delay(afterAttempt: attempt, random: 0) == shortest)
        #expect(policy.delay(afterAttempt: attempt, random: 0.5) == (shortest + longest) / 2)
        #expect(policy.delay(afterAttempt: attempt, random: 1.0.nextDown) >= longest - 1)
    }

    @Test(
        "the settings of a channel make the policy",
        arguments: [
            (RetryPolicy(first: 1000, factor: 1, max: hour, giveUp: hour), 7, 500, 1000),
            (RetryPolicy(first: 1000, factor: 10, max: hour, giveUp: hour), 3, 50_000, 100_000),
            (RetryPolicy(first: 1000, factor: 1.5, max: hour, giveUp: hour), 3, 1125, 2250),
            (RetryPolicy(first: hour, factor: 2, max: minute, giveUp: hour), 1, 30_000, 60_000),
            (RetryPolicy(first: 1000, factor: 1e300, max: hour, giveUp: hour), 4, 1_800_000, 3_600_000),
        ] as [(RetryPolicy, Int, Int64, Int64)]
    )
    func policies(policy: RetryPolicy, attempt: Int, shortest: Int64, longest: Int64) {
        #expect(policy.delay(afterAttempt: attempt, random: 0) == shortest)
        #expect((longest - 1...longest).contains(policy.delay(afterAttempt: attempt, random: 1.0.nextDown)))
    }

    @Test(
        "a longer wait that the other side asks for is kept, up to the time for retries",
        arguments: [
            (nil, 30_000),
            (0, 30_000),
            (-5, 30_000),
            (29_999, 30_000),
            (30_001, 30_001),
            (6 * hour, 6 * hour),
            (30 * 24 * hour, 72 * hour),
            (.max, 72 * hour),
        ] as [(Int64?, Int64)]
    )
    func asked(asked: Int64?, expected: Int64) {
        #expect(RetryPolicy().delay(afterAttempt: 1, random: 0, asked: asked) == expected)
    }

    @Test("the jitter lies between half and all of the wait, whatever the attempt")
    func jitter() {
        var generator = SeededGenerator(seed: 7)
        let policy = RetryPolicy(first: 1000, factor: 2, max: 64_000)
        for attempt in 1...10 {
            let full = min(Int64(1000) << Int64(attempt - 1), 64_000)
            for _ in 0..<100 {
                let delay = policy.delay(afterAttempt: attempt, random: .random(in: 0..<1, using: &generator))
                #expect((full / 2...full).contains(delay), "seed 7")
            }
        }
    }

    @Test("what is not configured is the default, and a factor is at least 1")
    func settings() {
        #expect(RetrySettings().policy == RetryPolicy(first: 60_000, factor: 2, max: 14_400_000, giveUp: 259_200_000))
        var settings = RetrySettings()
        settings.first = TimeSpan("10s")
        settings.factor = 0.1
        settings.giveUp = TimeSpan("1d")
        #expect(settings.policy == RetryPolicy(first: 10_000, factor: 1, max: 14_400_000, giveUp: 86_400_000))
    }
}
