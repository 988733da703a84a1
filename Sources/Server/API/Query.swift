import HTTPTypes
import Hummingbird
import Messaging

/// The parameters of a request's query, each named once and known.
struct Query {
    private let values: [String: String]

    init(_ request: Request, known: Set<String>) throws {
        var values: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            let (name, value) = (String(name), String(value))
            guard known.contains(name) else {
                let names = known.isEmpty ? "there are none here" : "known: \(known.sorted().joined(separator: ", "))"
                throw Problem.badParameter(name, "there is no such parameter; \(names)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem.badParameter(name, "it is given twice")
            }
            guard !value.utf8.contains(0), value.utf8.count <= 1000 else {
                throw Problem.badParameter(name, "it is too long, or holds a NUL")
            }
        }
        self.values = values
    }

    /// `nil` for a parameter that is absent or empty.
    subscript(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func number(_ name: String, _ range: ClosedRange<Int>, default standard: Int) throws -> Int {
        guard let text = values[name] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw Problem.badParameter(
                name,
                "it must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// Where the last page ended.
    func cursor(_ name: String = "cursor") throws -> Int64? {
        guard let text = values[name] else { return nil }
        guard let id = Int64(text, radix: 36), id > 0 else {
            throw Problem.badParameter(name, "it is none of ours: take it from 'next' of the page before")
        }
        return id
    }

    static func cursor(_ id: Int64) -> String { String(id, radix: 36) }
}

extension MessageFilter {
    static let parameters: Set<String> = [
        "state", "channel", "brand", "template", "customer", "conversation", "to", "domain", "reason", "accepted_after",
        "accepted_before",
    ]

    /// - Parameters:
    ///   - value: the text of a field; `nil` where it is absent.
    ///   - refuse: makes the error for a field that is wrong.
    init(_ value: (String) throws -> String?, refuse: (String, String) -> any Error) throws {
        self.init()
        if let text = try value("state") {
            guard let known = MessageState(rawValue: text) else {
                throw refuse("state", "there is no state '\(text)'; known: \(MessageFilter.words(MessageState.self))")
            }
            state = known
        }
        if let text = try value("channel") {
            guard let known = Channel(rawValue: text) else {
                throw refuse("channel", "there is no channel '\(text)'; known: \(MessageFilter.words(Channel.self))")
            }
            channel = known
        }
        brand = try value("brand")
        template = try value("template")
        customer = try value("customer")
        conversation = try value("conversation")
        domain = try value("domain")
        reason = try value("reason")
        if let text = try value("to") {
            do {
                addressKey = try Recipient.key(of: text)
            } catch {
                throw refuse("to", error.message)
            }
        }
        for (name, path) in [("accepted_after", \MessageFilter.acceptedFrom), ("accepted_before", \.acceptedBefore)] {
            guard let text = try value(name) else { continue }
            guard let time = Timestamp.parse(text) else {
                throw refuse(name, "it is no time: write it like 2026-11-30T09:00:00Z")
            }
            self[keyPath: path] = time
        }
    }

    private static func words<Words: CaseIterable & RawRepresentable<String>>(_ type: Words.Type) -> String {
        type.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
