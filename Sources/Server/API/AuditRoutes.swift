import HTTPTypes
import Hummingbird
import JSON
import Messaging

/// `/v1/audit`: who changed opt-outs, subscriptions and tokens, and paused lanes.
struct AuditRoutes {
    let backend: Backend

    var routes: [Route] {
        [Route(.get, "/v1/audit", .scopes([.read, .comply])) { request, _ in try await list(request) }]
    }

    private func list(_ request: Request) async throws -> Response {
        let query = try Query(request, known: ["limit", "cursor"])
        let limit = try query.number("limit", 1...1000, default: 50)
        let entries = try await backend.audit.list(before: try query.cursor() ?? .max, limit: limit)
        return .json { writer in
            writer.beginObject()
            writer.name("entries")
            writer.beginArray()
            for entry in entries { entry.write(to: &writer) }
            writer.endArray()
            if entries.count == limit, let last = entries.last { writer.member("next", Query.cursor(last.id)) }
            writer.endObject()
        }
    }
}
