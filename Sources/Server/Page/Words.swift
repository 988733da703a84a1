import Foundation
import Messaging

extension Words {
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
