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
        let date = Timestamp.civil(days)
        let (year, month, day) = (Int(date.year), Int(date.month), Int(date.day))
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
