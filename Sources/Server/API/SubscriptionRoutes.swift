import HTTPTypes
import Hummingbird
import JSON
import Messaging

/// `/v1/subscriptions` and `/v1/events`: who is told of what happens, as Zapier's and Make's REST hooks expect it.
struct SubscriptionRoutes {
    let backend: Backend

    var routes: [Route] {
        [
            Route(.get, "/v1/events", .scopes([.read])) { request, _ in try await samples(request) },
            Route(.get, "/v1/subscriptions", .scopes([.read, .operate])) { request, _ in try await list(request) },
            Route(.post, "/v1/subscriptions", .scopes([.operate])) { try await add($0, $1) },
            Route(.get, "/v1/subscriptions/{id}", .scopes([.read, .operate])) { request, context in
                _ = try Query(request, known: [])
                let subscription = try await find(context)
                return .json { subscription.write(to: &$0) }
            },
            Route(.delete, "/v1/subscriptions/{id}", .scopes([.operate])) { request, context in
                _ = try Query(request, known: [])
                let id = try context.number("subscription")
                guard try await backend.subscriptions.remove(id, by: context.caller.origin) else {
                    throw Problem.notFound("subscription")
                }
                return Response(status: .noContent)
            },
            Route(.post, "/v1/subscriptions/{id}/enable", .scopes([.operate])) { request, context in
                _ = try Query(request, known: [])
                let id = try context.number("subscription")
                guard let enabled = try await backend.subscriptions.enable(id, by: context.caller.origin) else {
                    throw Problem.notFound("subscription")
                }
                return .json { enabled.write(to: &$0) }
            },
            Route(.post, "/v1/subscriptions/{id}/replay", .scopes([.operate])) { try await replay($0, $1) },
        ]
    }

    private func find(_ context: ServerContext) async throws -> Subscription {
        guard let found = try await backend.subscriptions.find(try context.number("subscription")) else {
            throw Problem.notFound("subscription")
        }
        return found
    }

    private func list(_ request: Request) async throws -> Response {
        _ = try Query(request, known: [])
        let all = try await backend.subscriptions.list()
        return .json { writer in
            writer.beginObject()
            writer.name("subscriptions")
            writer.beginArray()
            for subscription in all { subscription.write(to: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    private func add(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try await JSONBody(request, known: ["url", "events", "description"])
        guard let events = body["events"], events.kind == .array else {
            throw Problem(Rejection("events", "a list of events is expected, or [\"*\"]"))
        }
        let types = try events.elements.enumerated().map { index, element in
            guard let type = element.string else { throw Problem(Rejection("events[\(index)]", "it must be a string")) }
            return type
        }
        let subscription = try await backend.subscriptions.add(
            url: try body.required("url", limit: 2000),
            types: types,
            description: try body.text("description"),
            allowsPrivate: backend.allowsPrivateSubscribers,
            by: context.caller.origin
        )
        return .json(.created) { subscription.write(to: &$0, withSecret: true) }
    }

    private func replay(_ request: Request, _ context: ServerContext) async throws -> Response {
        let id = try await find(context).id
        let body = try await JSONBody(request, known: ["since"])
        guard let since = Timestamp.parse(try body.required("since")) else {
            throw Problem(Rejection("since", "it is no time: write it like 2026-11-30T09:00:00Z"))
        }
        let count = try await backend.queue.replay(subscription: id, since: since, by: context.caller.origin)
        return .json(.accepted) { writer in
            writer.beginObject()
            writer.member("queued", count)
            writer.endObject()
        }
    }

    private func samples(_ request: Request) async throws -> Response {
        let query = try Query(request, known: ["type", "limit"])
        let limit = try query.number("limit", 1...100, default: 25)
        var type: NewsType?
        if let name = query["type"] {
            guard let known = NewsType(rawValue: name) else {
                let names = NewsType.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.badParameter("type", "there is no event '\(name)'; known: \(names)")
            }
            type = known
        }
        let news = try await backend.queue.recentNews(type, limit: limit)
        return .json { writer in
            writer.beginObject()
            writer.name("events")
            writer.beginArray()
            for item in news { writer.raw(item) }
            writer.endArray()
            writer.endObject()
        }
    }
}
