import HTTPTypes
import Hummingbird
import JSON
import Messaging

/// `/v1/replies`: what people have written back, for somebody to read.
struct ReplyRoutes {
    let backend: Backend

    var routes: [Route] {
        [
            Route(.get, "/v1/replies", .scopes([.read])) { request, _ in try await list(request) },
            Route(.get, "/v1/replies/{id}", .scopes([.read])) { try await show($0, $1) },
            Route(.post, "/v1/replies/{id}/finish", .scopes([.operate])) { try await finish($0, $1) },
            Route(.post, "/v1/replies/{id}/assign", .scopes([.operate])) { try await assign($0, $1) },
        ]
    }

    private func list(_ request: Request) async throws -> Response {
        let query = try Query(request, known: ["state", "limit", "cursor"])
        let limit = try query.number("limit", 1...1000, default: 50)
        guard let state = Reply.State(rawValue: query["state"] ?? Reply.State.open.rawValue) else {
            throw Problem.badParameter("state", "there is no state '\(query["state"] ?? "")'; known: open, done")
        }
        let cursor = try query.cursor()
        let replies =
            switch state {
            case .open: try await backend.replies.open(after: cursor ?? 0, limit: limit)
            case .done: try await backend.replies.done(before: cursor ?? .max, limit: limit)
            }
        return .json { writer in
            writer.beginObject()
            writer.name("replies")
            writer.beginArray()
            for reply in replies { reply.write(to: &writer) }
            writer.endArray()
            if replies.count == limit, let last = replies.last { writer.member("next", Query.cursor(last.id)) }
            writer.endObject()
        }
    }

    private func find(_ context: ServerContext) async throws -> Reply {
        guard let reply = try await backend.replies.find(try context.number("reply")) else {
            throw Problem.notFound("reply; it may have been forgotten")
        }
        return reply
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        _ = try Query(request, known: [])
        let reply = try await find(context)
        return .json { reply.write(to: &$0) }
    }

    private func finish(_ request: Request, _ context: ServerContext) async throws -> Response {
        let reply = try await find(context)
        let body = try await JSONBody(request, known: ["note"])
        guard try await backend.replies.finish(reply.id, note: try body.text("note"), by: context.caller.origin) else {
            throw Problem(.conflict, "reply \(reply.id) is not open")
        }
        let after = try await find(context)
        return .json { after.write(to: &$0) }
    }

    private func assign(_ request: Request, _ context: ServerContext) async throws -> Response {
        let reply = try await find(context)
        let body = try await JSONBody(request, known: ["assignee"])
        guard try await backend.replies.assign(reply.id, to: try body.text("assignee", limit: 200)) else {
            throw Problem(.conflict, "reply \(reply.id) is not open")
        }
        let after = try await find(context)
        return .json { after.write(to: &$0) }
    }
}
