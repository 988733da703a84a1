import HTTPTypes
import Hummingbird
import JSON
import Messaging
import Storage

/// `/v1/lanes`: lanes, limits and standing orders; pause and resume.
struct LaneRoutes {
    let backend: Backend

    var routes: [Route] {
        [
            Route(.get, "/v1/lanes", .scopes([.read])) { request, _ in try await list(request) },
            Route(.post, "/v1/lanes/pause", .scopes([.operate])) { try await pause($0, $1) },
            Route(.post, "/v1/lanes/resume", .scopes([.operate])) { try await resume($0, $1) },
        ]
    }

    private func list(_ request: Request) async throws -> Response {
        _ = try Query(request, known: [])
        let report = try await backend.queue.status(now: backend.clock.now())
        return .json { writer in
            writer.beginObject()
            report.writeLanes(to: &writer)
            writer.endObject()
        }
    }

    private func pause(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try await JSONBody(
            request,
            known: ["channel", "lane", "brand", "domain", "category", "template", "rate", "reason", "from", "for"]
        )
        let order = try LaneOrder(backend, by: context.caller.origin).read { try body.text($0) }
        try await Pauses(backend.queue).put(order)
        return .json { order.write(to: &$0) }
    }

    private func resume(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try await JSONBody(request, known: ["channel", "lane", "brand", "domain", "category", "template"])
        let order = try LaneOrder(backend, by: context.caller.origin).subject { try body.text($0) }
        guard try await Pauses(backend.queue).resume(order, by: context.caller.origin) else {
            throw Problem.notFound("order about \(order.subject)")
        }
        return Response(status: .noContent)
    }
}
