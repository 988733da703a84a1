import HTTPTypes
import Hummingbird
import JSON
import Messaging
import Storage

/// `/v1/spending`: what transports with a price have sent, by day.
struct SpendingRoutes {
    let backend: Backend

    var routes: [Route] {
        [
            Route(.get, "/v1/spending", .scopes([.read])) { request, _ in
                let query = try Query(request, known: ["days"])
                let days = try query.number("days", 1...366, default: 7)
                let rows = try await backend.spending.list(days: days, now: backend.clock.now())
                return .json { writer in
                    writer.beginObject()
                    writer.name("spending")
                    writer.beginArray()
                    for row in rows { row.write(to: &writer) }
                    writer.endArray()
                    writer.endObject()
                }
            }
        ]
    }
}
