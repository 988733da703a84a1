import TestSupport
import Testing

@testable import Messaging

@Suite("Times as text")
struct TimestampTests {
    @Test(
        "a time is read, whatever its offset and fraction",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2026-11-30T09:00:00Z", 1_796_029_200_000),
            ("2026-11-30t09:00:00z", 1_796_029_200_000),
            ("2026-11-30 09:00:00Z", 1_796_029_200_000),
            ("2026-11-30T10:00:00+01:00", 1_796_029_200_000),
            ("2026-11-30T03:30:00-05:30", 1_796_029_200_000),
            ("2026-11-30T09:00:00+00:00", 1_796_029_200_000),
            ("2026-12-01T08:59:00+23:59", 1_796_029_200_000),
            ("2026-11-30T09:00:00.5Z", 1_796_029_200_500),
            ("2026-11-30T09:00:00.123456789Z", 1_796_029_200_123),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2024-02-29T23:59:59Z", 1_709_251_199_000),
            ("2016-12-31T23:59:60Z", 1_483_228_799_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)]
    )
    func read(text: String, expected: Int64) {
        #expect(Timestamp.parse(text) == expected)
    }

    @Test(
        "what is no time is not guessed at",
        arguments: [
            "", "now", "2026-11-30", "2026-11-30T09:00:00", "2026-11-30T09:00Z", "2026-11-30T09:00:00ZZ",
            "2026-11-30T09:00:00Z ", " 2026-11-30T09:00:00Z", "2026-11-30T09:00:00.Z", "2026-11-30T09:00:00+1:00",
            "2026-11-30T09:00:00+0100", "2026-11-30T09:00:00+01:00Z", "2026-11-30T09:00:00+24:00",
            "2026-11-30T09:00:00+01:60", "2026-11-30T09:00:00-", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-11-30T24:00:00Z", "2026-11-30T09:60:00Z",
            "2026-11-30T09:00:61Z", "2026/11/30T09:00:00Z", "+026-11-30T09:00:00Z", "２０２６-11-30T09:00:00Z",
            "2026-11-30T09:00:00.00000000000000000000000000000000001Z", "20261130T090000Z000000",
        ]
    )
    func refuse(text: String) {
        #expect(Timestamp.parse(text) == nil)
    }

    @Test(
        "a time is written in UTC, with milliseconds where there are some",
        arguments: [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_796_029_200_007, "2026-11-30T09:00:00.007Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
            (253_402_300_800_000, "10000-01-01T00:00:00Z"),
            (-62_198_755_200_000, "-0001-01-01T00:00:00Z"),
            (.max, "292278994-08-17T07:12:55.807Z"),
        ] as [(Int64, String)]
    )
    func write(time: Int64, expected: String) {
        #expect(Timestamp.text(time) == expected)
    }

    @Test("what is written is read back, on every day from 1600 to 2400 and at random instants")
    func roundTrip() {
        for day in Int64(-135_140)...157_054 {
            let time = day * 86_400_000
            guard Timestamp.parse(Timestamp.text(time)) == time else {
                Issue.record("\(time) became \(Timestamp.text(time))")
                return
            }
        }
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<1000 * TestSize.factor {
            let time = Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            #expect(Timestamp.parse(Timestamp.text(time)) == time, "seed 1")
        }
    }

    @Test("one day follows another, month by month")
    func calendar() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var day: Int64 = 10_957
        for year in 2000...2030 {
            for month in 1...12 {
                let isLeap = year % 4 == 0
                for date in 1...(lengths[month - 1] + (isLeap && month == 2 ? 1 : 0)) {
                    let digits = [month, date].map { $0 < 10 ? "0\($0)" : "\($0)" }
                    #expect(Timestamp.text(day * 86_400_000) == "\(year)-\(digits[0])-\(digits[1])T00:00:00Z")
                    day += 1
                }
            }
        }
    }
}
