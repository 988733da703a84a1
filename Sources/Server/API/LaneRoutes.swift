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
            known: ["channel", "lane", "brand", "domain", "rate", "reason", "from", "for"]
        )
        var order = try order(body, by: context.caller.origin)
        order.reason = try body.required("reason")
        if let text = try body.text("rate") {
            guard let rate = RateSettings(text) else {
                throw Problem(Rejection("rate", "'\(text)' is no rate: write it like 10/s, 600/min or 100/h"))
            }
            order.rate = rate
        }
        order.begins = backend.clock.now()
        if let text = try body.text("from") {
            guard let time = Timestamp.parse(text) else {
                throw Problem(Rejection("from", "it is no time: write it like 2026-12-24T18:00:00Z"))
            }
            order.begins = time
        }
        if let text = try body.text("for") {
            guard let span = TimeSpan(text) else {
                throw Problem(Rejection("for", "'\(text)' is no time: write it like 30m or 2h"))
            }
            order.until = order.begins + span.milliseconds
        }
        try await Pauses(backend.queue).put(order)
        return .json { order.write(to: &$0) }
    }

    private func resume(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try await JSONBody(request, known: ["channel", "lane", "brand", "domain"])
        let order = try order(body, by: context.caller.origin)
        guard try await Pauses(backend.queue).resume(order, by: context.caller.origin) else {
            throw Problem.notFound("order about \(order.subject)")
        }
        return Response(status: .noContent)
    }

    /// Whom it is about.
    private func order(_ body: JSONBody, by origin: String) throws -> Pause {
        let name = try body.required("channel")
        guard let channel = Channel(named: name) else {
            let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(Rejection("channel", "there is no channel '\(name)'; known: \(known)"))
        }
        let (lane, brand, domain) = (try body.text("lane"), try body.text("brand"), try body.text("domain"))
        guard [lane, brand, domain].compactMap(\.self).count <= 1 else {
            throw Problem(Rejection("", "name one: a lane, a brand or a domain"))
        }
        if let lane, !(backend.lanes[channel] ?? []).contains(lane) {
            let known = (backend.lanes[channel] ?? []).joined(separator: ", ")
            throw Problem(Rejection("lane", "\(name) has no transport '\(lane)'; it has: \(known)"))
        }
        if let brand, !backend.brands.contains(brand) {
            throw Problem(
                Rejection("brand", "there is no brand '\(brand)'; known: \(backend.brands.joined(separator: ", "))")
            )
        }
        if domain != nil, channel != .email { throw Problem(Rejection("domain", "it is for email")) }
        return Pause(channel, lane: lane, brand: brand, domain: domain?.lowercased(), reason: "", by: origin)
    }
}
