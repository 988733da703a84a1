import HTTPTypes
import Hummingbird
import Messaging
import Storage

/// Tasks on the page: what there is to do, one task with its script or letter, and what came of it.
struct TaskPageRoutes {
    let backend: Backend
    let page: Page

    static let limit = 100

    var routes: [Route] {
        [
            Route(.get, "/tasks", .session([.read])) { try await list($0, $1) },
            Route(.get, "/tasks/{id}", .session([.read])) { try await show($0, $1) },
            Route(.get, "/tasks/{id}/letter", .session([.read])) { try await letter($1) },
            Route(.post, "/tasks/{id}/finish", .session([.operate])) { try await finish($0, $1) },
            Route(.post, "/tasks/{id}/assign", .session([.operate])) { try await assign($0, $1) },
            Route(.post, "/replies/{id}/finish", .session([.operate])) { try await finishReply($0, $1) },
        ]
    }

    private func list(_ request: Request, _ context: ServerContext) async throws -> Response {
        let query = Form(request.uri.query ?? "")
        let isDone = query["state"] == "done"
        let cursor = query["cursor"].flatMap { Int64($0, radix: 36) }
        let now = backend.clock.now()
        let tasks: [ManualTask]
        if isDone {
            tasks = try await backend.tasks.done(before: cursor ?? .max, limit: TaskPageRoutes.limit, now: now)
        } else {
            var after: ManualTask?
            if let cursor { after = try await backend.tasks.task(cursor, now: now) }
            tasks = try await backend.tasks.open(after: after, limit: TaskPageRoutes.limit, now: now)
        }
        let replies =
            isDone
            ? try await backend.replies.done(limit: TaskPageRoutes.limit)
            : try await backend.replies.open(limit: TaskPageRoutes.limit)
        let total = try await backend.tasks.countOpen()
        let more = tasks.count == TaskPageRoutes.limit ? tasks.last.map { Query.cursor($0.id) } : nil
        let state = isDone ? "state=done&" : ""
        let value = try await page.value(
            "Tasks",
            .tasks,
            request,
            context,
            [
                "is_done": .flag(isDone), "has_tasks": .flag(!tasks.isEmpty), "tasks": tasks.list { $0.row(now: now) },
                "has_replies": .flag(!replies.isEmpty), "replies": replies.list(\.row),
                "page": [
                    "summary": .text(
                        isDone ? "Done, newest first" : "\(Words.count(total)) open, the most urgent first"
                    ),
                    "has_pages": .flag(more != nil || cursor != nil),
                    "older": .text(cursor == nil ? "" : "/tasks?\(state)"),
                    "newer": .text(more.map { "/tasks?\(state)cursor=\($0)" } ?? ""),
                ],
            ]
        )
        return try page.response(.tasks, value, request)
    }

    private func find(_ context: ServerContext) async throws -> ManualTask {
        guard let task = try await backend.tasks.task(try context.number("task"), now: backend.clock.now()) else {
            throw Problem.notFound("task; it may have been forgotten")
        }
        return task
    }

    private func show(
        _ request: Request,
        _ context: ServerContext,
        given: Form = Form(""),
        fault: String = ""
    ) async throws -> Response {
        let task = try await find(context)
        let now = backend.clock.now()
        var parts: [RenderedPart] = []
        var fault = fault
        do {
            parts = try await backend.parts(of: task)
        } catch let rejection as Rejection {
            if fault.isEmpty { fault = "Its words cannot be made any more: \(rejection)" }
        }
        let script = parts.first { $0.name == "call.txt" || $0.name == "letter.txt" }?.text ?? ""
        let hasLetter = task.channel == .letter && !parts.isEmpty
        let value = try await page.value(
            "Task \(task.id)",
            .tasks,
            request,
            context,
            fault: fault,
            task.row(now: now).adding([
                "is_open": .flag(task.state == .open), "can_finish": .flag(task.state == .open),
                "has_letter": .flag(hasLetter), "letter": .text("/tasks/\(task.id)/letter"),
                "script": .text(hasLetter ? "" : script), "note": .text(given["note"] ?? task.note ?? ""),
                "finished": .text(task.finishedAt.map(Words.time) ?? ""), "by": .text(task.by ?? ""),
                "outcomes": (task.stop == nil ? ManualTask.Outcome.known(task.channel) : [.notDone]).list {
                    ["value": .text($0.rawValue), "text": .text($0.words)]
                },
            ])
        )
        return try page.response(.task, value, request, status: given.isEmpty ? .ok : .unprocessableContent)
    }

    /// The sheet to print.
    private func letter(_ context: ServerContext) async throws -> Response {
        let task = try await find(context)
        let parts = try await backend.parts(of: task)
        guard task.channel == .letter, !parts.isEmpty else { throw Problem.notFound("letter; it must not be sent") }
        return Page.part(
            LetterSheet.html(
                to: task.to,
                brand: backend.composer.brands[task.brand],
                parts: parts,
                envelope: backend.envelope
            )
        )
    }

    private func finish(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        let task = try await find(context)
        let note = form["note"]
        guard note.map({ $0.utf8.count <= 1000 && !$0.utf8.contains(0) }) ?? true else {
            return try await show(request, context, given: form, fault: "note: it has more than 1000 bytes")
        }
        let outcome: ManualTask.Outcome
        do {
            outcome = try TaskRoutes.outcome(form["outcome"] ?? "", task.channel)
        } catch let problem as Problem {
            return try await show(request, context, given: form, fault: problem.detail)
        }
        let notice: String
        switch try await backend.tasks.finish(task.id, outcome, note: note, by: context.caller.origin) {
        case .done: notice = "Task \(task.id): \(outcome.words)."
        case .notOpen: notice = "Task \(task.id) is not open; nothing was changed."
        case .stopped(let why):
            return try await show(request, context, given: form, fault: "It must not be done any more: \(why)")
        }
        return page.redirect(to: "/tasks", cookies: [page.sessions.notice(notice)])
    }

    private func finishReply(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        let id = try context.number("reply")
        let isDone = try await backend.replies.finish(id, note: try form.text("note"), by: context.caller.origin)
        let notice = isDone ? "Reply \(id) is done." : "Reply \(id) is not open; nothing was changed."
        return page.redirect(to: "/tasks", cookies: [page.sessions.notice(notice)])
    }

    private func assign(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        let task = try await find(context)
        let assignee = form["assignee"].map { String($0.prefix(100)) }
        let isDone = try await backend.tasks.assign(task.id, to: assignee)
        let notice =
            isDone ? "Task \(task.id) is \(assignee.map { "\($0)'s" } ?? "nobody's")." : "It is not open any more."
        return page.redirect(to: "/tasks/\(task.id)", cookies: [page.sessions.notice(notice)])
    }
}

extension Reply {
    fileprivate var row: PageValue {
        [
            "id": "\(id)", "href": "/replies/\(id)", "at": .text(Words.time(at)), "from": .text(from),
            "channel": .text(channel.rawValue), "subject": .text(subject), "text": .text(text),
            "asks_no": .flag(asks == "review" || asks == "stop"), "assignee": .text(assignee ?? ""),
            "message": .text(message.map { "/messages/\($0)" } ?? ""), "note": .text(note ?? ""),
            "by": .text(by ?? ""), "is_open": .flag(state == .open),
        ]
    }
}

extension ManualTask {
    fileprivate func row(now: Int64) -> PageValue {
        [
            "id": "\(id)", "href": "/tasks/\(id)", "message": "/messages/\(id)", "channel": .text(channel.rawValue),
            "to": .text(to), "brand": .text(brand), "customer": .text(customer ?? ""),
            "assignee": .text(assignee ?? ""),
            "due": .text(Words.time(due)), "is_late": .flag(state == .open && due < now), "stop": .text(stop ?? ""),
            "not_now": .text(notNow ?? ""),
            "outcome": .text(outcome?.words ?? ""), "said": .text(note ?? ""),
        ]
    }
}
