import Foundation
import Messaging

/// Numbers and times as the page shows them.
enum Words {
    /// `1,234,567`.
    static func count(_ number: Int64) -> String {
        var text = String(abs(number))
        var index = text.endIndex
        while let next = text.index(index, offsetBy: -3, limitedBy: text.startIndex), next > text.startIndex {
            text.insert(",", at: next)
            index = next
        }
        return number < 0 ? "-" + text : text
    }

    static func count(_ number: Int) -> String { count(Int64(number)) }

    static func messages(_ number: Int64) -> String {
        number == 1 ? "1 message" : "\(count(number)) messages"
    }

    /// `42 s`, `12 min`, `3 h 20 min`, `5 d`.
    static func span(seconds: Int64) -> String {
        switch seconds {
        case ..<0: "0 s"
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d"
        }
    }

    /// `850 ms`, `1.2 s`, `3 min`.
    static func span(milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: "\(max(0, milliseconds)) ms"
        case ..<60_000: "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
        default: span(seconds: milliseconds / 1000)
        }
    }

    /// `2026-11-30 09:00:02`, UTC.
    static func time(_ milliseconds: Int64) -> String {
        String(Timestamp.text(milliseconds).prefix(19)).replacing("T", with: " ")
    }

    /// `12.5%`, of a whole of 100.
    static func percent(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? "\(Int(rounded))%" : "\(rounded)%"
    }

    /// `99.1%` of a count; empty where there is none.
    static func share(_ part: Int64, of whole: Int64) -> String {
        guard whole > 0, part > 0 else { return "" }
        let value = (Double(part) / Double(whole) * 1000).rounded() / 10
        return value == value.rounded() ? "\(Int(value))%" : "\(value)%"
    }

    /// A name in a path or a query, percent-encoded.
    static func encoded(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return text.addingPercentEncoding(
            withAllowedCharacters: allowed.intersection(.init(charactersIn: "\u{0}"..."\u{7f}"))
        )
            ?? ""
    }

    /// `a=1&b=2`; empty values are left out.
    static func query(_ fields: [(String, String)]) -> String {
        fields.filter { !$0.1.isEmpty }.map { "\($0.0)=\(encoded($0.1))" }.joined(separator: "&")
    }
}
