/// Numbers and spans of time as people read them, on the terminal and on the page.
public enum Words {
    /// `1,234,567`.
    public static func count(_ number: Int64) -> String {
        var text = String(abs(number))
        var index = text.endIndex
        while let next = text.index(index, offsetBy: -3, limitedBy: text.startIndex), next > text.startIndex {
            text.insert(",", at: next)
            index = next
        }
        return number < 0 ? "-" + text : text
    }

    public static func count(_ number: Int) -> String { count(Int64(number)) }

    /// The beginning of a text in one line.
    public static func excerpt(_ text: String, _ most: Int = 60) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > most ? line.prefix(most - 1) + "…" : line
    }

    public static func messages(_ number: Int64) -> String {
        number == 1 ? "1 message" : "\(count(number)) messages"
    }

    /// `12/s`, `1.5/s`, `6/min`, `3/h`.
    public static func rate(_ perSecond: Double) -> String {
        if perSecond <= 0 { return "0/s" }
        if perSecond >= 10 { return "\(count(Int64(perSecond.rounded())))/s" }
        func tenths(_ rate: Double) -> String {
            let tenths = Int((rate * 10).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        }
        if perSecond >= 1 { return "\(tenths(perSecond))/s" }
        if perSecond >= 1.0 / 60 { return "\(tenths(perSecond * 60))/min" }
        return "\(max(1, Int((perSecond * 3600).rounded())))/h"
    }

    /// `42 s`, `12 min`, `3 h 20 min`, `5 d`.
    public static func span(seconds: Int64) -> String {
        switch seconds {
        case ..<0: "0 s"
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d"
        }
    }

    /// `850 ms`, `1.2 s`, `3 min`.
    public static func span(milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: "\(max(0, milliseconds)) ms"
        case ..<60_000: "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
        default: span(seconds: milliseconds / 1000)
        }
    }
}
