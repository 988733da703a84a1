import HTTPTypes
import Hummingbird
import JSON
import Messaging
import Storage

/// `/v1/tasks`: the calls and letters that people see to.
struct TaskRoutes {
    let backend: Backend

    var routes: [Route] {
        [
            Route(.get, "/v1/tasks", .scopes([.read])) { request, _ in try await list(request) },
            Route(.get, "/v1/tasks/{id}", .scopes([.read])) { try await show($0, $1) },
            Route(.post, "/v1/tasks/{id}/finish", .scopes([.operate])) { try await finish($0, $1) },
            Route(.post, "/v1/tasks/{id}/assign", .scopes([.operate])) { try await assign($0, $1) },
        ]
    }

    private func list(_ request: Request) async throws -> Response {
        let query = try Query(request, known: ["state", "assignee", "limit", "cursor"])
        let limit = try query.number("limit", 1...1000, default: 50)
        let state = query["state"] ?? ManualTask.State.open.rawValue
        guard let state = ManualTask.State(rawValue: state) else {
            throw Problem.badParameter("state", "there is no state '\(state)'; known: open, done")
        }
        let (cursor, now) = (try query.cursor(), backend.clock.now())
        let tasks: [ManualTask]
        switch state {
        case .open:
            let after = try await cursor.asyncMap { try await backend.tasks.task($0, now: now) }
            tasks = try await backend.tasks.open(after: after, assignee: query["assignee"], limit: limit, now: now)
        case .done:
            tasks = try await backend.tasks.done(
                before: cursor ?? .max,
                assignee: query["assignee"],
                limit: limit,
                now: now
            )
        }
        return .json { writer in
            writer.beginObject()
            writer.name("tasks")
            writer.beginArray()
            for task in tasks { task.write(to: &writer) }
            writer.endArray()
            if tasks.count == limit, let last = tasks.last { writer.member("next", Query.cursor(last.id)) }
            writer.endObject()
        }
    }

    private func find(_ context: ServerContext) async throws -> ManualTask {
        let id = try context.number("task")
        guard let task = try await backend.tasks.task(id, now: backend.clock.now()) else {
            throw Problem.notFound("task; it may have been forgotten")
        }
        return task
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        _ = try Query(request, known: [])
        let task = try await find(context)
        let parts = try await backend.parts(of: task)
        return .json { task.write(to: &$0, parts: parts) }
    }

    private func finish(_ request: Request, _ context: ServerContext) async throws -> Response {
        let task = try await find(context)
        let body = try await JSONBody(request, known: ["outcome", "note"])
        let outcome = try TaskRoutes.outcome(try body.required("outcome"), task.channel)
        let note = try body.text("note")
        switch try await backend.tasks.finish(task.id, outcome, note: note, by: context.caller.origin) {
        case .done: break
        case .notOpen: throw Problem(.conflict, "task \(task.id) is not open")
        case .stopped(let why):
            throw Problem(.conflict, "task \(task.id) must not be done: \(why); only not_done ends it")
        }
        let after = try await find(context)
        return .json { after.write(to: &$0) }
    }

    static func outcome(_ text: String, _ channel: Channel) throws -> ManualTask.Outcome {
        let known = ManualTask.Outcome.known(channel)
        guard let outcome = ManualTask.Outcome(rawValue: text), known.contains(outcome) else {
            let words = known.map(\.rawValue).joined(separator: ", ")
            throw Problem(Rejection("outcome", "'\(text)' is no outcome of a \(channel.rawValue); known: \(words)"))
        }
        return outcome
    }

    private func assign(_ request: Request, _ context: ServerContext) async throws -> Response {
        let task = try await find(context)
        let body = try await JSONBody(request, known: ["assignee"])
        guard try await backend.tasks.assign(task.id, to: try body.text("assignee", limit: 200)) else {
            throw Problem(.conflict, "task \(task.id) is not open")
        }
        let after = try await find(context)
        return .json { after.write(to: &$0) }
    }
}

extension Backend {
    /// What is to be said or posted; nothing where it must not be.
    func parts(of task: ManualTask) async throws -> [RenderedPart] {
        guard task.stop == nil, let message = try await queue.message(task.id) else { return [] }
        return try composer.parts(of: message)
    }
}
