import Foundation
import Testing

@testable import Messaging

@Suite("Lengths of time")
struct TimeSpanTests {
    @Test(
        "a number and a unit",
        arguments: [
            ("0s", 0), ("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("4h", 14_400_000), ("3d", 259_200_000),
            ("1.5h", 5_400_000), ("0.5s", 500), ("0.2ms", 0), ("999999999d", 86_399_999_913_600_000),
        ] as [(String, Int64)]
    )
    func read(text: String, expected: Int64) {
        #expect(TimeSpan(text)?.milliseconds == expected)
    }

    @Test(
        "what is no length of time is refused",
        arguments: [
            "", "s", "5", "-5s", "5 s", "s5", "5S", "5min", "5w", "1h30m", "1,5h", "nans", "infs", "1e9d", "five m",
            "0x10s", "1e3s", "+5s", "5s ", "9999999999d", "1.2.3s", ".s",
        ]
    )
    func refuse(text: String) {
        #expect(TimeSpan(text) == nil)
    }

    @Test("what is written is read back", arguments: [0, 1, 250, 1000, 90 * 86_400_000] as [Int64])
    func roundTrip(milliseconds: Int64) throws {
        let span = TimeSpan(milliseconds: milliseconds)
        let json = try JSONEncoder().encode([span])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(milliseconds)ms\"]")
        #expect(try JSONDecoder().decode([TimeSpan].self, from: json) == [span])
    }
}
