import Storage
import Testing

@testable import Messaging

@Suite("Plans")
struct StatementPlanTests {
    @Test func show() async throws {
        let fixture = try await QueueFixture()
        for s in Statements.all where !s.text(.sqlite).hasPrefix("CREATE") {
            let count = Set(s.text(.sqlite).matches(of: /\$([0-9]+)/).map { $0.output.1 }).count
            let e = Statement("EXPLAIN QUERY PLAN " + s.text(.sqlite))
            let lines = try await fixture.database.write(.process) { try $0.all(e, Array(repeating: .null, count: count)) { $0.text(3) } }
            print("## ", s.text(.sqlite).prefix(150)); print(lines.joined(separator: "\n"))
        }
    }
}
