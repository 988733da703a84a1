import HTTPTypes
import JSON
import Messaging

/// What became of one of the messages in a request.
struct ItemResult {
    enum Outcome {
        case stored(Receipt)
        case rejected(Rejection)
    }

    /// Its index in an array, from 0, or its line, from 1.
    let position: Int
    let outcome: Outcome

    /// - Parameter positionName: `index` or `line`; `nil` leaves it out.
    func write(to writer: inout JSONWriter, positionName: String?) {
        writer.beginObject()
        if let positionName { writer.member(positionName, position) }
        switch outcome {
        case .stored(.accepted(let id)): ItemResult.write("accepted", id, &writer)
        case .stored(.duplicate(let id)): ItemResult.write("duplicate", id, &writer)
        case .stored(.conflict(let id)): ItemResult.write("conflict", id, &writer)
        case .stored(.refused), .rejected: writer.member("status", "rejected")
        }
        if let rejection {
            writer.name("errors")
            writer.beginArray()
            Problem.Flaw(rejection).write(to: &writer)
            writer.endArray()
        }
        writer.endObject()
    }

    private static func write(_ status: String, _ id: Int64, _ writer: inout JSONWriter) {
        writer.member("status", status)
        writer.member("id", id)
    }

    /// Why it was not taken in; `nil` where it was, or is there already.
    var rejection: Rejection? {
        switch outcome {
        case .stored(.accepted), .stored(.duplicate): nil
        case .stored(.conflict(let id)):
            Rejection("key", "it belongs to message \(id), which says something else: use another key")
        case .stored(.refused(let why)): Rejection("", why)
        case .rejected(let rejection): rejection
        }
    }
}

/// What became of all messages of a request so far.
struct IntakeTally {
    private(set) var counts = IntakeCounts()
    /// The first hundred that were not taken in.
    private(set) var flaws: [Problem.Flaw] = []

    static let mostFlaws = 100

    mutating func add(_ result: ItemResult, prefix: (Int) -> String) {
        switch result.outcome {
        case .stored(let receipt): counts.add(receipt)
        case .rejected: counts.rejected += 1
        }
        if let rejection = result.rejection, flaws.count < IntakeTally.mostFlaws {
            flaws.append(.init(rejection, at: prefix(result.position)))
        }
    }

    /// Nothing was taken in.
    var problem: Problem {
        let detail = flaws.first.map { "nothing was accepted: \($0.detail)" } ?? "there is no message in the body"
        var problem = Problem(.unprocessableContent, detail, flaws: flaws)
        problem.members = counts.members
        return problem
    }

    /// What came until a request went wrong, beside what went wrong.
    func partial(_ error: any Error, settled: (name: String, value: Int)) -> Problem {
        var problem = Problem(for: error)
        problem.flaws += flaws
        problem.members = counts.members + [settled]
        return problem.closing
    }
}
