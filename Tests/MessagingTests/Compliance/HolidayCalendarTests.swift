import Testing

@testable import Messaging

@Suite("Holidays")
struct HolidayCalendarTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let place: String
        let year: Int
        /// Month and day.
        let days: [Int]

        init(_ place: String, _ year: Int, _ days: [Int]) {
            (self.place, self.year, self.days) = (place, year, days)
        }

        var testDescription: String { "\(place) \(year)" }
    }

    /// As the Python package `holidays` 0.109 has them.
    static let rows = [
        Row("AT", 2026, [101, 106, 406, 501, 514, 525, 604, 815, 1026, 1101, 1208, 1225, 1226]),
        Row("BE", 2026, [101, 405, 406, 501, 514, 524, 525, 721, 815, 1101, 1111, 1225]),
        Row("DE", 2026, [101, 403, 406, 501, 514, 525, 1003, 1225, 1226]),
        Row("DE-BE", 2028, [101, 308, 414, 417, 501, 525, 605, 617, 1003, 1225, 1226]),
        Row("DE-SN", 2026, [101, 403, 406, 501, 514, 525, 1003, 1031, 1118, 1225, 1226]),
        Row("DK", 2023, [101, 406, 407, 409, 410, 505, 518, 528, 529, 1225, 1226]),
        Row("DK", 2024, [101, 328, 329, 331, 401, 509, 519, 520, 1225, 1226]),
        Row("FI", 2025, [101, 106, 418, 420, 421, 501, 529, 608, 620, 621, 1101, 1206, 1224, 1225, 1226]),
        Row("FR", 2026, [101, 406, 501, 508, 514, 525, 714, 815, 1101, 1111, 1225]),
        Row("GB-ENG", 2020, [101, 410, 413, 508, 525, 831, 1225, 1226, 1228]),
        Row("GB-ENG", 2022, [101, 103, 415, 418, 502, 602, 603, 829, 919, 1225, 1226, 1227]),
        Row("GB-NIR", 2024, [101, 317, 318, 329, 401, 506, 527, 712, 826, 1225, 1226]),
        Row("GB-SCT", 2022, [101, 102, 103, 104, 415, 502, 602, 603, 801, 919, 1130, 1225, 1226, 1227]),
        Row("GB-SCT", 2023, [101, 102, 103, 407, 501, 508, 529, 807, 1130, 1225, 1226]),
        Row("GB-WLS", 2026, [101, 403, 406, 504, 525, 831, 1225, 1226, 1228]),
        Row("IE", 2023, [101, 206, 317, 410, 501, 605, 807, 1030, 1225, 1226]),
        Row("IE", 2030, [101, 201, 317, 422, 506, 603, 805, 1028, 1225, 1226]),
        Row("IT", 2026, [101, 106, 405, 406, 425, 501, 602, 815, 1004, 1101, 1208, 1225, 1226]),
        Row("LU", 2026, [101, 406, 501, 509, 514, 525, 623, 815, 1101, 1225, 1226]),
        Row("NL", 2025, [101, 418, 420, 421, 426, 505, 529, 608, 609, 1225, 1226]),
        Row("NO", 2026, [101, 402, 403, 405, 406, 501, 514, 517, 524, 525, 1225, 1226]),
        Row("NZ", 2022, [101, 102, 103, 104, 206, 207, 415, 418, 425, 606, 624, 926, 1024, 1225, 1226, 1227]),
        Row("NZ", 2026, [101, 102, 206, 403, 406, 425, 427, 601, 710, 1026, 1225, 1226, 1228]),
        Row("PL", 2025, [101, 106, 420, 421, 501, 503, 608, 619, 815, 1101, 1111, 1224, 1225, 1226]),
        Row("PT", 2024, [101, 329, 331, 425, 501, 530, 610, 815, 1005, 1101, 1201, 1208, 1225]),
        Row("SE", 2026, [101, 106, 403, 405, 406, 501, 514, 524, 606, 620, 1031, 1225, 1226]),
        Row("US", 2020, [101, 120, 217, 525, 703, 704, 907, 1012, 1111, 1126, 1225]),
        Row("US", 2021, [101, 118, 215, 531, 618, 619, 704, 705, 906, 1011, 1111, 1125, 1224, 1225, 1231]),
        Row("US", 2028, [101, 117, 221, 529, 619, 704, 904, 1009, 1110, 1111, 1123, 1225]),
    ]

    /// The package has fewer: other days that a state, a province, a canton or an employer gives.
    static let wider = [
        Row("AU", 2026, [101, 126, 403, 406, 425, 427, 1225, 1226, 1228]),
        Row("CA", 2026, [101, 216, 403, 518, 701, 803, 907, 930, 1012, 1111, 1225, 1226, 1228]),
        Row("CH", 2026, [101, 403, 406, 514, 525, 801, 1225, 1226]),
        Row("DE-BY", 2026, [101, 106, 403, 406, 501, 514, 525, 604, 815, 1003, 1101, 1225, 1226]),
        Row("ES", 2026, [101, 106, 403, 501, 815, 1012, 1101, 1206, 1208, 1225]),
        Row("NL", 2026, [101, 403, 405, 406, 427, 505, 514, 524, 525, 1225, 1226]),
    ]

    @Test("are those of the place in that year", arguments: rows + wider)
    func days(row: Row) {
        let expected = row.days.map { row.year * 10_000 + $0 }
        #expect(HolidayCalendar.dates(row.place, year: row.year).sorted() == expected)
    }

    @Test(
        "follow Easter",
        arguments: [
            (2020, [412, 413]), (2021, [404, 405]), (2024, [331, 401]), (2025, [420, 421]), (2026, [405, 406]),
            (2030, [421, 422]), (2035, [325, 326]), (2038, [425, 426]), (2049, [418, 419]), (2052, [421, 422]),
            (2076, [419, 420]), (2079, [423, 424]), (2096, [415, 416]), (2099, [412, 413]),
        ]
    )
    func easter(year: Int, expected: [Int]) {
        // Belgium has no other day in these weeks.
        let days = HolidayCalendar.dates("BE", year: year).map { $0 % 10_000 }
        #expect(days.filter { (320...430).contains($0) }.sorted() == expected)
    }

    @Test(
        "at a weekend close another day as well",
        arguments: [
            ("US", 20_260_704, 20_260_703), ("US", 20_270_704, 20_270_705), ("US", 20_280_101, 20_271_231),
            ("GB", 20_211_225, 20_211_227), ("GB", 20_211_226, 20_211_228), ("GB", 20_221_225, 20_221_227),
            ("GB-SCT", 20_230_101, 20_230_103), ("GB-SCT", 20_241_130, 20_241_202),
            ("GB-NIR", 20_250_712, 20_250_714), ("CA", 20_230_701, 20_230_703), ("CA", 20_230_930, 20_231_002),
            ("AU", 20_250_126, 20_250_127), ("AU", 20_260_425, 20_260_427), ("NZ", 20_270_206, 20_270_208),
            ("NZ", 20_280_102, 20_280_104),
        ]
    )
    func observed(place: String, day: Int, other: Int) {
        #expect(HolidayCalendar.dates(place).isSuperset(of: [day, other]))
        #expect(HolidayCalendar.dates(place, year: other / 10_000).contains(other))
    }

    @Test(
        "begin and end with a law",
        arguments: [
            ("US", 619, 2021...2099), ("CA", 930, 2021...2099), ("DE-MV", 308, 2023...2099),
            ("IT", 1004, 2026...2099), ("PL", 1224, 2025...2099), ("GB", 919, 2022...2022),
            ("DE-BE", 617, 2028...2028), ("AU", 922, 2022...2022),
        ]
    )
    func years(place: String, day: Int, years: ClosedRange<Int>) {
        for year in HolidayCalendar.years {
            let dates = HolidayCalendar.dates(place, year: year)
            #expect(dates.contains(year * 10_000 + day) == years.contains(year), "\(year)")
        }
    }

    @Test("of a place or a year that is not known are none", arguments: ["", "us", "JP", "DE-XX", "DE_BY", "GB-"])
    func unknown(place: String) {
        #expect(HolidayCalendar.dates(place, year: 2026).isEmpty)
        #expect(HolidayCalendar.dates(place).isEmpty)
        #expect(HolidayCalendar.dates("US", year: 2019).isEmpty && HolidayCalendar.dates("US", year: 2100).isEmpty)
    }

    @Test("of the United Kingdom are those of its four parts")
    func union() {
        let parts = ["GB-ENG", "GB-NIR", "GB-SCT", "GB-WLS"].map { HolidayCalendar.dates($0) }
        #expect(HolidayCalendar.dates("GB") == parts.reduce([]) { $0.union($1) })
    }

    @Test("have their places sorted, each once")
    func known() {
        #expect(HolidayCalendar.known == Set(HolidayCalendar.known).sorted())
        #expect(HolidayCalendar.known.count == 41)
        #expect(HolidayCalendar.known.filter { $0.hasPrefix("DE-") }.count == 16)
    }

    @Test("are at least four in each year, and all of them dates", arguments: HolidayCalendar.known)
    func everywhere(place: String) {
        let real = Set((18_000..<48_000).map { SendWindow.date($0) })
        var all: Set<Int> = []
        for year in HolidayCalendar.years {
            let dates = HolidayCalendar.dates(place, year: year)
            #expect(dates.count >= 4 && dates.isSubset(of: real) && dates.allSatisfy { $0 / 10_000 == year }, "\(year)")
            all.formUnion(dates)
        }
        #expect(HolidayCalendar.dates(place) == all)
    }
}
