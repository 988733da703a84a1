import HTTPTypes
import Hummingbird
import JSON
import Messaging
import Storage

/// `/v1/messages`: lists, one message's story, and what a person does with messages.
struct MessageRoutes {
    let backend: Backend

    var routes: [Route] {
        [
            Route(.get, "/v1/messages", .scopes([.read])) { try await list($0, $1) },
            Route(.get, "/v1/messages/{id}", .scopes([.read])) { try await show($0, $1) },
            Route(.get, "/v1/messages/{id}/why", .scopes([.read])) { try await why($0, $1) },
            Route(.get, "/v1/messages/{id}/parts", .scopes([.read])) { try await parts($0, $1) },
            Route(.post, "/v1/messages/{id}/edit", .scopes([.operate])) { try await edit($0, $1) },
        ]
            + MessageAction.allCases.flatMap { action in
                [
                    Route(.post, "/v1/messages/{id}/\(action.rawValue)", .scopes([.operate])) {
                        try await act(action, $0, $1)
                    },
                    Route(.post, "/v1/messages/\(action.rawValue)", .scopes([.operate])) {
                        try await actOnMany(action, $0, $1)
                    },
                ]
            }
    }

    // MARK: - Look

    private func list(_ request: Request, _ context: ServerContext) async throws -> Response {
        let query = try Query(request, known: MessageFilter.parameters.union(["key", "limit", "cursor"]))
        let limit = try query.number("limit", 1...1000, default: 50)
        let before = try query.cursor() ?? .max
        let filter = try MessageFilter({ query[$0] }, refuse: Problem.badParameter)
        let messages: [StoredMessage]
        if let key = query["key"] {
            guard filter.isEmpty else {
                throw Problem.badParameter("key", "it names one message: leave the others out")
            }
            let id = try await backend.queue.id(ofKey: context.caller.stored(key: key))
            messages = try await id.asyncMap { try await backend.queue.message($0) }.map { [$0] } ?? []
        } else {
            messages = try await backend.queue.list(filter, before: before, limit: limit)
        }
        return .json { writer in
            writer.beginObject()
            writer.name("messages")
            writer.beginArray()
            for message in messages { message.write(to: &writer) }
            writer.endArray()
            if messages.count == limit, let last = messages.last { writer.member("next", Query.cursor(last.id)) }
            writer.endObject()
        }
    }

    private func message(_ request: Request, _ context: ServerContext) async throws -> StoredMessage {
        _ = try Query(request, known: [])
        guard let message = try await backend.queue.message(try context.number("message")) else {
            throw Problem.notFound("message; it may have been forgotten")
        }
        return message
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        let message = try await message(request, context)
        let events = try await backend.queue.events(of: message.id)
        return .json { message.write(to: &$0, events: events) }
    }

    private func why(_ request: Request, _ context: ServerContext) async throws -> Response {
        let id = try await message(request, context).id
        guard
            let explanation = try await backend.queue.explain(id, composer: backend.composer, now: backend.clock.now())
        else { throw Problem.notFound("message") }
        return .json { explanation.write(to: &$0) }
    }

    private func parts(_ request: Request, _ context: ServerContext) async throws -> Response {
        let parts = try backend.composer.parts(of: try await message(request, context))
        return .json { RenderedPart.write(parts, to: &$0) }
    }

    // MARK: - Act

    private func edit(_ request: Request, _ context: ServerContext) async throws -> Response {
        let message = try await message(request, context)
        let body = try await JSONBody(request, known: ["subject", "text", "html"])
        let words = EditedWords(
            subject: try body.text("subject"),
            text: try body.required("text", limit: JSONBody.limit),
            html: try body.text("html", limit: JSONBody.limit)
        )
        let origin = context.caller.origin
        guard try await backend.queue.edit(message, words, reader: backend.reader, by: origin) else {
            throw Problem(.conflict, "message \(message.id) is \(message.state.rawValue); only held ones are edited")
        }
        guard let after = try await backend.queue.message(message.id) else { throw Problem.notFound("message") }
        return .json { after.write(to: &$0) }
    }

    private func act(_ action: MessageAction, _ request: Request, _ context: ServerContext) async throws -> Response {
        let before = try await message(request, context)
        guard !(try await backend.queue.perform(action, on: [before.id], by: context.caller.origin)).isEmpty else {
            let states = action.from.map(\.rawValue).joined(separator: " or ")
            throw Problem(
                .conflict,
                "message \(before.id) is \(before.state.rawValue); \(action.rawValue) starts from \(states)"
            )
        }
        guard let after = try await backend.queue.message(before.id) else { throw Problem.notFound("message") }
        return .json { after.write(to: &$0) }
    }

    private func actOnMany(_ action: MessageAction, _ request: Request, _ context: ServerContext) async throws
        -> Response
    {
        let body = try await JSONBody(request, known: ["filter", "ids", "dry_run"])
        let isDryRun = try body.bool("dry_run")
        let ids = try MessageRoutes.ids(body)
        let filter = try MessageRoutes.filter(body)
        let (matched, done): (Int64, Int64)
        switch (ids, filter) {
        case (let ids?, nil):
            matched = Int64(ids.count)
            done =
                isDryRun
                ? 0 : Int64(try await backend.queue.perform(action, on: ids, by: context.caller.origin).count)
        case (nil, let filter?):
            matched = try await backend.queue.count(action, onAll: filter)
            done =
                isDryRun
                ? 0 : Int64(try await backend.queue.perform(action, onAll: filter, by: context.caller.origin).count)
        default:
            throw Problem(Rejection("", "either 'ids' or 'filter' is expected"))
        }
        return .json { writer in
            writer.beginObject()
            writer.member("matched", max(matched, done))
            writer.member("done", done)
            writer.member("dry_run", isDryRun)
            writer.endObject()
        }
    }

    private static func ids(_ body: JSONBody) throws -> [Int64]? {
        guard let value = body["ids"] else { return nil }
        guard value.kind == .array, (1...10_000).contains(value.count) else {
            throw Problem(Rejection("ids", "1 to 10000 numbers are expected"))
        }
        return try value.elements.enumerated().map { index, element in
            guard let id = element.integer, id > 0 else {
                throw Problem(Rejection("ids[\(index)]", "a message's number is expected"))
            }
            return id
        }
    }

    private static func filter(_ body: JSONBody) throws -> MessageFilter? {
        guard let value = try body.object("filter") else { return nil }
        for (name, _) in value.members where !MessageFilter.parameters.contains(name.string ?? "") {
            let known = MessageFilter.parameters.sorted().joined(separator: ", ")
            throw Problem(Rejection("filter.\(name.string ?? "")", "there is no such field; known: \(known)"))
        }
        let filter = try MessageFilter(
            { name in
                guard let field = value[name], !field.isNull else { return nil }
                guard let text = field.string, !text.utf8.contains(0) else {
                    throw Problem(Rejection("filter.\(name)", "it must be a string"))
                }
                return text
            },
            refuse: { Problem(Rejection("filter.\($0)", $1)) }
        )
        guard !filter.isEmpty else {
            throw Problem(Rejection("filter", "it names nothing, so it would mean everything"))
        }
        return filter
    }
}

extension RenderedPart {
    static func write(_ parts: [RenderedPart], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("parts")
        writer.beginArray()
        for part in parts { part.write(to: &writer) }
        writer.endArray()
        writer.endObject()
    }
}

extension Optional {
    func asyncMap<Result>(_ body: (Wrapped) async throws -> Result?) async rethrows -> Result? {
        guard let value = self else { return nil }
        return try await body(value)
    }
}
