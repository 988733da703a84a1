import Foundation
import Hummingbird

/// Fields of a form (application/x-www-form-urlencoded), in order; a name may stand several times.
struct Form {
    private let fields: [(name: String, value: String)]

    /// Bytes.
    static let limit = 1 << 20

    /// Of a form that anybody may send.
    static let openLimit = 8 << 10

    init(_ request: Request, limit: Int = Form.limit) async throws {
        try request.require(["application/x-www-form-urlencoded"])
        self.init(String(decoding: try await request.bytes(upTo: limit), as: UTF8.self))
    }

    init(_ text: String) {
        fields = text.split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Form.decoded(halves[0]), halves.count > 1 ? Form.decoded(halves[1]) : "")
        }
    }

    var isEmpty: Bool { fields.isEmpty }

    /// `nil` for a field that is absent or empty.
    subscript(_ name: String) -> String? {
        fields.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// As the subscript; throws for what is too long for a field of one line.
    func text(_ name: String, limit: Int = 1000) throws -> String? {
        guard let value = self[name] else { return nil }
        guard value.utf8.count <= limit, !value.utf8.contains(0) else {
            throw Problem(.unprocessableContent, "\(name): it has more than \(limit) bytes, or holds a NUL")
        }
        return value
    }

    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    private static func decoded(_ text: Substring) -> String {
        text.replacing("+", with: " ").removingPercentEncoding ?? ""
    }
}
