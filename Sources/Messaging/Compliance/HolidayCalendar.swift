/// Public holidays of a country or a part of it, by rule: what a brand names in `send_hours.holidays` as `US` or `DE-BY`.
///
/// A place has the days that all of it keeps, and:
/// - `AU`: the Monday after an Anzac Day at a weekend, which some states give.
/// - `CA`: Family Day in February and the Civic Holiday of August, which most provinces keep; the rest is that of the
///   Canada Labour Code.
/// - `CH`: 26 December, Good Friday, Easter Monday and Whit Monday, which most cantons keep.
/// - `DE-BY`: Assumption, which most municipalities keep.
/// - `ES`: a day on a Sunday too, which a region may move.
/// - `GB`: the days of each of its four parts.
/// - `NL`: 5 May of each year, though many employers give it every fifth.
///
/// Days of a lunar calendar are left out, but for New Zealand's Matariki, whose dates a law lists until 2052.
///
/// Checked with the Python package `holidays` 0.109 (<https://pypi.org/project/holidays/>), whose sources link to the
/// laws: none of its public days from 2020 to 2099 is missing.
enum HolidayCalendar {
    /// Those that the rules hold for; no other year has a date.
    static let years = 2020...2099

    /// ISO 3166 codes that it knows, sorted.
    static let known: [String] = places.keys.sorted()

    /// Local dates as `20261225`, of one year; empty for a place that is not known.
    static func dates(_ place: String, year: Int) -> Set<Int> {
        guard years.contains(year), let rules = places[place] else { return [] }
        // A 1 January on a Saturday may be observed in the year before.
        let days = [year, year + 1].flatMap { year in
            weekend(place).closed(Set(rules.compactMap { $0.day(year) }))
        }
        return Set(days.map { SendWindow.date(Int64($0)) }.filter { $0 / 10_000 == year })
    }

    /// The same of all ``years`` (what a send window is made with).
    static func dates(_ place: String) -> Set<Int> {
        years.reduce(into: []) { $0.formUnion(dates(place, year: $1)) }
    }

    private static func weekend(_ place: String) -> Weekend {
        switch place.prefix(2) {
        case "US": .nearest
        case "AU", "CA", "GB", "NZ": .following
        default: .asIs
        }
    }

    private static let places: [String: [Rule]] = {
        var places = countries
        for (state, own) in states { places["DE-\(state)"] = nationwide + own }
        for (part, own) in parts { places["GB-\(part)"] = common + own }
        places["GB"] = common + parts.values.flatMap(\.self)
        return places.mapValues { [.newYear, .christmas] + $0 }
    }()

    /// Beside 1 January and 25 December, which all places keep.
    private static let countries: [String: [Rule]] = [
        "AT": [
            .epiphany, .easterMonday, .mayDay, .ascension, .whitMonday, .corpusChristi, .assumption, .on(10, 26),
            .allSaints, .conception, .boxingDay,
        ],
        "AU": [.on(1, 26), .goodFriday, .easterMonday, .on(4, 25), .once(2022, 9, 22), .boxingDay],
        "BE": [
            .easterSunday, .easterMonday, .mayDay, .ascension, .whitSunday, .whitMonday, .on(7, 21), .assumption,
            .allSaints, .on(11, 11),
        ],
        "CA": [
            .nth(3, .monday, of: 2), .goodFriday, .upTo(.monday, 5, 24), .on(7, 1), .nth(1, .monday, of: 8),
            .nth(1, .monday, of: 9), .on(9, 30).within(2021...), .nth(2, .monday, of: 10), .on(11, 11), .boxingDay,
        ],
        "CH": [.goodFriday, .easterMonday, .ascension, .whitMonday, .on(8, 1), .boxingDay],
        "DE": nationwide,
        "DK": [
            .maundyThursday, .goodFriday, .easterSunday, .easterMonday, .easter(26).within(...2023), .ascension,
            .whitSunday, .whitMonday, .boxingDay,
        ],
        "ES": [.epiphany, .goodFriday, .mayDay, .assumption, .on(10, 12), .allSaints, .on(12, 6), .conception],
        "FI": [
            .epiphany, .goodFriday, .easterSunday, .easterMonday, .mayDay, .ascension, .whitSunday,
            .from(.friday, 6, 19), .from(.saturday, 6, 20), .from(.saturday, 10, 31), .on(12, 6), .on(12, 24),
            .boxingDay,
        ],
        "FR": [
            .easterMonday, .mayDay, .on(5, 8), .ascension, .whitMonday, .on(7, 14), .assumption, .allSaints,
            .on(11, 11),
        ],
        "IE": [
            .on(2, 1).within(2023...).moved([.tuesday: 6, .wednesday: 5, .thursday: 4, .saturday: 2, .sunday: 1]),
            .on(3, 17), .once(2022, 3, 18), .easterMonday, .nth(1, .monday, of: 5), .nth(1, .monday, of: 6),
            .nth(1, .monday, of: 8), .last(.monday, of: 10), .boxingDay,
        ],
        "IT": [
            .epiphany, .easterSunday, .easterMonday, .on(4, 25), .mayDay, .on(6, 2), .assumption,
            .on(10, 4).within(2026...), .allSaints, .nth(1, .sunday, of: 11), .conception, .boxingDay,
        ],
        "LU": [
            .easterMonday, .mayDay, .on(5, 9), .ascension, .whitMonday, .on(6, 23), .assumption, .allSaints, .boxingDay,
        ],
        "NL": [
            .goodFriday, .easterSunday, .easterMonday, .on(4, 27).moved([.sunday: -1]), .on(5, 5), .ascension,
            .whitSunday, .whitMonday, .boxingDay,
        ],
        "NO": [
            .maundyThursday, .goodFriday, .easterSunday, .easterMonday, .mayDay, .on(5, 17), .ascension, .whitSunday,
            .whitMonday, .boxingDay,
        ],
        "NZ": [
            .on(1, 2), .on(2, 6), .goodFriday, .easterMonday, .on(4, 25), .nth(1, .monday, of: 6), .once(2022, 9, 26),
            .nth(4, .monday, of: 10), .boxingDay,
        ] + zip(2022..., matariki).map { .once($0, $1 / 100, $1 % 100) },
        "PL": [
            .epiphany, .easterSunday, .easterMonday, .mayDay, .on(5, 3), .whitSunday, .corpusChristi, .assumption,
            .allSaints, .on(11, 11), .on(12, 24).within(2025...), .boxingDay,
        ],
        "PT": [
            .goodFriday, .easterSunday, .on(4, 25), .mayDay, .corpusChristi, .on(6, 10), .assumption, .on(10, 5),
            .allSaints, .on(12, 1), .conception,
        ],
        "SE": [
            .epiphany, .goodFriday, .easterSunday, .easterMonday, .mayDay, .ascension, .whitSunday, .on(6, 6),
            .from(.saturday, 6, 20), .from(.saturday, 10, 31), .boxingDay,
        ],
        "US": [
            .nth(3, .monday, of: 1), .nth(3, .monday, of: 2), .last(.monday, of: 5), .on(6, 19).within(2021...),
            .on(7, 4),
            .nth(1, .monday, of: 9), .nth(2, .monday, of: 10), .on(11, 11), .nth(4, .thursday, of: 11),
        ],
    ]

    /// Of all Germany.
    private static let nationwide: [Rule] = [
        .goodFriday, .easterMonday, .mayDay, .ascension, .whitMonday, .on(10, 3), .boxingDay,
    ]

    /// What the states of Germany add.
    private static let states: [String: [Rule]] = [
        "BB": [.easterSunday, .whitSunday, .reformation], "HB": [.reformation], "HH": [.reformation],
        "BE": [.on(3, 8), .once(2020, 5, 8), .once(2025, 5, 8), .once(2028, 6, 17)], "HE": [.corpusChristi],
        "BW": [.epiphany, .corpusChristi, .allSaints], "BY": [.epiphany, .corpusChristi, .assumption, .allSaints],
        "MV": [.on(3, 8).within(2023...), .reformation], "NI": [.reformation], "SH": [.reformation],
        "NW": [.corpusChristi, .allSaints], "RP": [.corpusChristi, .allSaints],
        "SL": [.corpusChristi, .assumption, .allSaints], "SN": [.reformation, .upTo(.wednesday, 11, 22)],
        "ST": [.epiphany, .reformation], "TH": [.on(9, 20), .reformation],
    ]

    /// The whole United Kingdom's, with what replaced a bank holiday of May in 2020 and 2022.
    private static let common: [Rule] = [
        .goodFriday, .nth(1, .monday, of: 5).except(2020), .once(2020, 5, 8), .last(.monday, of: 5).except(2022),
        .once(2022, 6, 2), .once(2022, 6, 3), .once(2022, 9, 19), .once(2023, 5, 8), .boxingDay,
    ]

    /// What the parts of the United Kingdom add.
    private static let parts: [String: [Rule]] = [
        "ENG": [.easterMonday, .last(.monday, of: 8)],
        "NIR": [.on(3, 17), .easterMonday, .on(7, 12), .last(.monday, of: 8)],
        "SCT": [.on(1, 2), .once(2026, 6, 15), .nth(1, .monday, of: 8), .on(11, 30)],
        "WLS": [.easterMonday, .last(.monday, of: 8)],
    ]

    /// Month and day from 2022 on (Te Kāhui o Matariki Public Holiday Act 2022, schedule 1).
    private static let matariki = [
        624, 714, 628, 620, 710, 625, 714, 706, 621, 711, 702, 624, 707, 629, 718, 710, 625, 715, 706, 719, 711, 703,
        624, 707, 629, 719, 703, 625, 715, 630, 621,
    ]
}

/// Which other day a holiday at a weekend closes as well.
private enum Weekend {
    case asIs
    /// Friday for a Saturday, Monday for a Sunday.
    case nearest
    /// The next day that is neither at a weekend nor closed already.
    case following

    /// The holidays of a year, as days counted from 1970, with those other days.
    func closed(_ holidays: Set<Int>) -> Set<Int> {
        var closed = holidays
        for day in holidays.sorted() where Weekday.isWeekend(day) {
            switch self {
            case .asIs: break
            case .nearest: closed.insert(Weekday.isWeekend(day - 1) ? day + 1 : day - 1)
            case .following:
                var next = day + 1
                while Weekday.isWeekend(next) || closed.contains(next) { next += 1 }
                closed.insert(next)
            }
        }
        return closed
    }
}

private enum Weekday: Int {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    /// 0 is Monday, of a day counted from 1970, which began on a Thursday.
    static func number(_ day: Int) -> Int { (day + 3) % 7 }

    static func isWeekend(_ day: Int) -> Bool { number(day) >= saturday.rawValue }
}

private struct Rule: Sendable {
    /// The day of a year, counted from 1970; `nil` where it has none.
    let day: @Sendable (_ year: Int) -> Int?

    static let (newYear, epiphany, mayDay) = (on(1, 1), on(1, 6), on(5, 1))
    static let (assumption, reformation, allSaints) = (on(8, 15), on(10, 31), on(11, 1))
    static let (conception, christmas, boxingDay) = (on(12, 8), on(12, 25), on(12, 26))
    static let (maundyThursday, goodFriday) = (easter(-3), easter(-2))
    static let (easterSunday, easterMonday, ascension) = (easter(0), easter(1), easter(39))
    static let (whitSunday, whitMonday, corpusChristi) = (easter(49), easter(50), easter(60))

    /// Each year on a date; day 0 is the last of the month before.
    static func on(_ month: Int, _ day: Int) -> Rule { Rule { civil($0, month, day) } }

    static func once(_ year: Int, _ month: Int, _ day: Int) -> Rule { on(month, day).within(year...year) }

    /// The first such weekday from a date on.
    static func from(_ weekday: Weekday, _ month: Int, _ day: Int) -> Rule {
        Rule { year in
            let first = civil(year, month, day)
            return first + (weekday.rawValue - Weekday.number(first) + 7) % 7
        }
    }

    /// The last such weekday up to a date, itself included.
    static func upTo(_ weekday: Weekday, _ month: Int, _ day: Int) -> Rule { from(weekday, month, day - 6) }

    static func nth(_ number: Int, _ weekday: Weekday, of month: Int) -> Rule { from(weekday, month, number * 7 - 6) }

    static func last(_ weekday: Weekday, of month: Int) -> Rule { upTo(weekday, month + 1, 0) }

    /// Days after Easter Sunday, by the anonymous Gregorian computus (<https://en.wikipedia.org/wiki/Date_of_Easter>).
    static func easter(_ days: Int) -> Rule {
        Rule { year in
            let (a, b, c) = (year % 19, year / 100, year % 100)
            let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30
            let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7
            return civil(year, 3, 22 + h + l - 7 * ((a + 11 * h + 22 * l) / 451) + days)
        }
    }

    func within(_ years: some RangeExpression<Int> & Sendable) -> Rule { Rule { years.contains($0) ? day($0) : nil } }

    func except(_ year: Int) -> Rule { Rule { $0 != year ? day($0) : nil } }

    /// Another day in its place, so many days later, where it falls on one of these.
    func moved(_ by: [Weekday: Int]) -> Rule {
        Rule { year in
            day(year).map { day in day + (Weekday(rawValue: Weekday.number(day)).flatMap { by[$0] } ?? 0) }
        }
    }

    private static func civil(_ year: Int, _ month: Int, _ day: Int) -> Int {
        Int(Timestamp.daysSince1970(Int64(year), Int64(month), Int64(day)))
    }
}
