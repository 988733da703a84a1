import Foundation
import Testing

@testable import Messaging

@Suite("Quiet hours")
struct QuietHoursTests {
    private static let new = "America/New_York"
    private static let america = [
        new, "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
    ]

    private static func time(_ text: String) throws -> Int64 { try #require(Timestamp.parse(text)) }

    struct Row: Sendable, CustomTestStringConvertible {
        let zones: [String]
        let from: String
        let opens: String
        let closes: String

        init(_ zones: [String], _ from: String, _ opens: String, _ closes: String) {
            (self.zones, self.from, self.opens, self.closes) = (zones, from, opens, closes)
        }

        var testDescription: String { "\(zones.joined(separator: "+")) after \(from)" }
    }

    static let rows = [
        Row([new, "America/Los_Angeles"], "2026-01-15T03:00:00Z", "2026-01-15T16:00:00Z", "2026-01-16T02:00:00Z"),
        Row([new, "America/Los_Angeles"], "2026-07-15T03:00:00Z", "2026-07-15T15:00:00Z", "2026-07-16T01:00:00Z"),
        Row([new, "America/Denver"], "2026-01-15T04:00:00Z", "2026-01-15T15:00:00Z", "2026-01-16T02:00:00Z"),
        Row(america, "2026-01-15T03:00:00Z", "2026-01-15T18:00:00Z", "2026-01-16T02:00:00Z"),
        Row(america, "2026-07-15T03:00:00Z", "2026-07-15T18:00:00Z", "2026-07-16T01:00:00Z"),
        Row(
            america + ["Pacific/Guam", "Pacific/Pago_Pago", "America/Puerto_Rico"],
            "2026-01-15T03:00:00Z",
            "2026-01-15T22:00:00Z",
            "2026-01-16T01:00:00Z"
        ),
        // On one local date they never meet; at an instant they do.
        Row([new, "Pacific/Guam"], "2026-01-15T03:00:00Z", "2026-01-15T22:00:00Z", "2026-01-16T02:00:00Z"),
        // A day of 23 hours, and one of 25.
        Row([new], "2026-03-08T05:30:00Z", "2026-03-08T12:00:00Z", "2026-03-09T01:00:00Z"),
        Row([new], "2026-11-01T04:30:00Z", "2026-11-01T13:00:00Z", "2026-11-02T02:00:00Z"),
        Row([new], "2026-03-08T02:30:00Z", "2026-03-08T12:00:00Z", "2026-03-09T01:00:00Z"),
        // No summer time in Arizona.
        Row(["America/Phoenix"], "2026-07-15T05:00:00Z", "2026-07-15T15:00:00Z", "2026-07-16T04:00:00Z"),
        Row(["Asia/Kathmandu"], "2026-07-15T00:00:00Z", "2026-07-15T02:15:00Z", "2026-07-15T15:15:00Z"),
    ]

    @Test("open at the first instant that suits every zone, and close with the first of them", arguments: rows)
    func vectors(row: Row) throws {
        let quiet = QuietHours(windows: [CompliancePolicy.day], zones: row.zones)
        let opens = try #require(quiet.opens(from: try Self.time(row.from)))
        #expect(Timestamp.text(opens) == row.opens.replacing("Z", with: ".000Z") || Timestamp.text(opens) == row.opens)
        #expect(opens == (try Self.time(row.opens)))
        #expect(quiet.closes(from: opens) == (try Self.time(row.closes)))
        #expect(!quiet.state(at: opens - 1).isOpen && quiet.state(at: opens).isOpen)
        let closes = try Self.time(row.closes)
        #expect(quiet.state(at: closes - 1).isOpen && !quiet.state(at: closes).isOpen)
    }

    @Test("keep the days of the week and the holidays of the place")
    func days() throws {
        var window = CompliancePolicy.day
        window.days = [1, 2, 3, 4, 5]
        window.holidays = [20_261_225]
        let quiet = QuietHours(windows: [window], zones: ["Europe/Berlin"])
        // Thursday evening, before Christmas on a Friday: Monday.
        #expect(quiet.opens(from: try Self.time("2026-12-24T21:00:00Z")) == (try Self.time("2026-12-28T07:00:00Z")))
        #expect(quiet.opens(from: try Self.time("2026-12-24T12:00:00Z")) == (try Self.time("2026-12-24T12:00:00Z")))
        var never = CompliancePolicy.day
        never.days = [7]
        never.holidays = Set((0..<400).map { SendWindow.date(20_800 + $0) })
        #expect(QuietHours(windows: [never], zones: ["UTC"]).opens(from: try Self.time("2026-12-24T12:00:00Z")) == nil)
    }

    @Test("dates are those of the calendar")
    func dates() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: Int64(-40_000), to: 60_000, by: 97) {
            let parts = calendar.dateComponents(
                [.year, .month, .day],
                from: Date(timeIntervalSince1970: Double(day) * 86_400)
            )
            let expected = try #require(parts.year) * 10_000 + #require(parts.month) * 100 + #require(parts.day)
            #expect(SendWindow.date(day) == expected)
        }
    }

    @Test(
        "a number may be wherever its area code lies",
        arguments: [
            ("+12125550123", ["America/New_York"]), ("+18505550123", ["America/Chicago", "America/New_York"]),
            ("+14235550123", ["America/Chicago", "America/New_York"]), ("+14165550123", ["America/Toronto"]),
            ("+4915112345678", ["Europe/Berlin"]), ("+97714123456", ["Asia/Katmandu"]),
            ("+819012345678", ["Asia/Tokyo"]),
            ("12125550123", []), ("+", []),
        ]
    )
    func zones(number: String, expected: [String]) {
        #expect(PhoneZones.candidates(number) == expected)
    }

    @Test("every zone of the table is known, and no number of a calling code is without one")
    func table() throws {
        var zones: Set<String> = []
        for code in 1...999 { zones.formUnion(PhoneZones.candidates("+\(code)5550123456")) }
        for area in 200...999 {
            let found = PhoneZones.candidates("+1\(area)5550123")
            #expect(!found.isEmpty)
            zones.formUnion(found)
        }
        #expect(zones.count > 200)
        for zone in zones { #expect(TimeZones.isKnown(zone), "\(zone)") }
    }
}
