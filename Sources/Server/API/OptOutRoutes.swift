import HTTPTypes
import Hummingbird
import JSON
import Messaging

/// `/v1/opt-outs`: who said no, and to what.
struct OptOutRoutes {
    let backend: Backend

    var routes: [Route] {
        [
            Route(.get, "/v1/opt-outs", .scopes([.read, .comply])) { request, _ in try await list(request) },
            Route(.get, "/v1/opt-outs/check", .scopes([.read, .comply])) { request, _ in try await check(request) },
            Route(.post, "/v1/opt-outs", .scopes([.comply])) { try await add($0, $1) },
            Route(.delete, "/v1/opt-outs/{id}", .scopes([.comply])) { try await remove($0, $1) },
        ]
    }

    private func list(_ request: Request) async throws -> Response {
        let query = try Query(request, known: ["limit", "cursor"])
        let limit = try query.number("limit", 1...1000, default: 50)
        let optOuts = try await backend.optOuts.list(after: try query.cursor() ?? 0, limit: limit)
        return .json { writer in
            writer.beginObject()
            OptOutRoutes.write(optOuts, to: &writer)
            if optOuts.count == limit, let last = optOuts.last { writer.member("next", Query.cursor(last.id)) }
            writer.endObject()
        }
    }

    private func check(_ request: Request) async throws -> Response {
        let query = try Query(request, known: ["address"])
        guard let address = query["address"] else { throw Problem.badParameter("address", "it is missing") }
        let key: String
        do {
            key = try Recipient.key(of: address, region: backend.region)
        } catch {
            throw Problem.badParameter("address", error.message)
        }
        let optOuts = try await backend.optOuts.covering(key)
        return .json { writer in
            writer.beginObject()
            writer.member("address", address)
            writer.member("key", key)
            writer.member("opted_out", !optOuts.isEmpty)
            OptOutRoutes.write(optOuts, to: &writer)
            writer.endObject()
        }
    }

    private func add(_ request: Request, _ context: ServerContext) async throws -> Response {
        let body = try await JSONBody(
            request,
            known: ["address", "channel", "brand", "category", "note", "address_only"]
        )
        let optOut = try await OptOutRoutes.add(
            address: try body.required("address"),
            channel: try body.text("channel"),
            brand: try body.text("brand"),
            category: try body.text("category"),
            note: try body.text("note"),
            isAlone: try body.bool("address_only"),
            by: context.caller,
            backend
        )
        return .json(optOut.isNew ? .created : .ok) { writer in
            writer.beginObject()
            writer.member("added", optOut.isNew)
            optOut.stored.writeMembers(to: &writer)
            writer.endObject()
        }
    }

    /// Records a no, and returns when it holds.
    static func add(
        address: String,
        channel: String?,
        brand: String?,
        category: String?,
        note: String?,
        isAlone: Bool = false,
        by caller: Caller,
        _ backend: Backend
    ) async throws -> (isNew: Bool, stored: OptOut) {
        var scope = OptOut.Scope(brand: brand, category: category)
        if let channel {
            guard let known = Channel(named: channel) else {
                throw Rejection("channel", "there is no channel '\(channel)'")
            }
            scope.channel = known
        }
        try scope.check(brands: backend.brands)
        let key: String
        do {
            key = try Recipient.key(of: address, channel: scope.channel, region: backend.region)
        } catch {
            throw Rejection("address", error.message)
        }
        var entry = OptOuts.Entry(addressKey: key, address: address, scope: scope, source: caller.origin, note: note)
        entry.isAlone = isAlone
        let added = try await backend.optOuts.add([entry], by: caller.origin)
        try await backend.optOuts.takeEffect()
        guard let stored = try await backend.optOuts.covering(key).first(where: { $0.scope == scope }) else {
            throw Problem(.conflict, "the opt-out was taken back at the same moment")
        }
        return (added > 0, stored)
    }

    private func remove(_ request: Request, _ context: ServerContext) async throws -> Response {
        _ = try Query(request, known: [])
        guard try await backend.optOuts.remove(id: try context.number("opt-out"), by: context.caller.origin) else {
            throw Problem.notFound("opt-out")
        }
        return Response(status: .noContent)
    }

    private static func write(_ optOuts: [OptOut], to writer: inout JSONWriter) {
        writer.name("opt_outs")
        writer.beginArray()
        for optOut in optOuts { optOut.write(to: &writer) }
        writer.endArray()
    }
}
