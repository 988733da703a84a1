/// An instant as RFC 5322, 3.3 writes it, in UTC: `Sun, 22 Nov 2026 04:49:43 +0000`.
public struct MailDate: Sendable, Hashable {
    /// Seconds since 1970.
    public let seconds: Int64

    /// - Parameter milliseconds: since 1970, UTC. Fractions of a second are dropped; what is before 1900 or after 9999,
    ///   which the format cannot say, becomes the nearest that it can.
    public init(milliseconds: Int64) {
        let seconds = milliseconds / 1_000 - (milliseconds % 1_000 < 0 ? 1 : 0)
        self.seconds = min(max(seconds, -2_208_988_800), 253_402_300_799)
    }

    /// Appends 31 characters.
    public func append(to out: inout [UInt8]) {
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let second = Int(seconds - days * 86_400)
        let (year, month, day) = Self.civil(days: Int(days))
        let weekday = ((Int(days) + 4) % 7 + 7) % 7
        out.append(Self.weekdays, 5 * weekday, count: 5)
        out.append(decimal: day)
        out.append(Self.months, 5 * (month - 1), count: 5)
        out.append(decimal: year / 100)
        out.append(decimal: year % 100)
        out.append(0x20)
        out.append(decimal: second / 3_600)
        out.append(0x3a)
        out.append(decimal: second / 60 % 60)
        out.append(0x3a)
        out.append(decimal: second % 60)
        out.append(" +0000")
    }

    private static let weekdays: StaticString = "Sun, Mon, Tue, Wed, Thu, Fri, Sat, "
    private static let months: StaticString = " Jan  Feb  Mar  Apr  May  Jun  Jul  Aug  Sep  Oct  Nov  Dec "

    /// The date of a day counted from 1970-01-01 in the proleptic Gregorian calendar
    /// (https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
    static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension MailDate: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends two digits.
    fileprivate mutating func append(decimal value: Int) {
        append(UInt8(truncatingIfNeeded: 0x30 + value / 10 % 10))
        append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
    }

    fileprivate mutating func append(_ text: StaticString, _ offset: Int, count: Int) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start + offset, count: count))
    }
}
