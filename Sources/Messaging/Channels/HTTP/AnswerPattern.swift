import Curl
import Foundation

/// What an answer looks like: its status, and what its body matches.
struct AnswerPattern: Sendable {
    private let status: ClosedRange<Int>
    private let body: NSRegularExpression?

    /// - Parameters:
    ///   - status: such as `200` or `200-299`; `nil` for `standard`.
    ///   - body: a regular expression; `nil` for any.
    init(status: String?, standard: ClosedRange<Int>, body: String?, place: String) throws(Rejection) {
        self.status = try status.map { text throws(Rejection) in try AnswerPattern.range(text, place) } ?? standard
        self.body = try body.map { text throws(Rejection) in try AnswerPattern.expression(text, "\(place).body") }
    }

    func matches(_ answer: HTTPAnswer, _ text: String) -> Bool {
        guard status.contains(answer.status) else { return false }
        return body.map { $0.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil } ?? true
    }

    static func expression(_ text: String, _ place: String) throws(Rejection) -> NSRegularExpression {
        do {
            return try NSRegularExpression(pattern: text)
        } catch {
            throw Rejection(place, "'\(text)' is no regular expression")
        }
    }

    private static func range(_ text: String, _ place: String) throws(Rejection) -> ClosedRange<Int> {
        let ends = text.split(separator: "-").map { Int($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
            (100...599).contains(first), (first...599).contains(last)
        else { throw Rejection("\(place).status", "'\(text)' is no status: write it like 200 or 200-299") }
        return first...last
    }
}
