import Foundation
import Testing

@testable import Messaging

@Suite("Dates in mail")
struct MailDateTests {
    @Test(
        "known instants",
        arguments: [
            (1_795_322_983_000, "Sun, 22 Nov 2026 04:49:43 +0000"),
            (1_795_322_983_999, "Sun, 22 Nov 2026 04:49:43 +0000"),
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
            (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (4_107_542_399_000, "Sun, 28 Feb 2100 23:59:59 +0000"),
            (Int64.min, "Mon, 01 Jan 1900 00:00:00 +0000"),
            (Int64.max, "Fri, 31 Dec 9999 23:59:59 +0000"),
        ] as [(Int64, String)]
    )
    func known(milliseconds: Int64, text: String) {
        #expect(MailDate(milliseconds: milliseconds).description == text)
    }

    @Test("agrees with Foundation over four centuries")
    func agrees() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        for seconds in stride(from: -2_208_988_800, to: 10_413_792_000, by: 7_654_321) {
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(MailDate(milliseconds: Int64(seconds) * 1_000).description == text)
        }
    }
}
