import Foundation
import HTTPTypes
import Hummingbird
import Messaging

/// Messages on the page: the list, one message, and what a person does with them.
struct MessagePageRoutes {
    let backend: Backend
    let page: Page

    var routes: [Route] {
        [
            Route(.get, "/messages", .session([.read])) { try await list($0, $1) },
            Route(.post, "/messages/bulk", .session([.operate])) { try await bulk($0, $1) },
            Route(.get, "/messages/{id}", .session([.read])) { try await show($0, $1) },
            Route(.get, "/messages/{id}/parts/{part}", .session([.read])) { try await part($1) },
            Route(.post, "/messages/{id}/edit", .session([.operate])) { try await edit($0, $1) },
        ]
            + MessageAction.allCases.map { action in
                Route(.post, "/messages/{id}/\(action.rawValue)", .session([.operate])) {
                    try await act(action, $0, $1)
                }
            }
    }

    private func list(_ request: Request, _ context: ServerContext) async throws -> Response {
        let list = MessageListPage(query: request.uri.query ?? "")
        let value = try await page.value(
            "Messages",
            .messages,
            request,
            context,
            live: list.liveAddress,
            fault: list.fault,
            try await list.value(backend)
        )
        return try page.response(.messages, value, request)
    }

    private func edit(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        let id = try context.number("message")
        guard let message = try await backend.queue.message(id) else { throw Problem.notFound("message") }
        let words = EditedWords(subject: form["subject"], text: form["text"] ?? "")
        do {
            let origin = context.caller.origin
            let isDone = try await backend.queue.edit(message, words, reader: backend.reader, by: origin)
            let notice =
                isDone ? "Message \(id) has its new words." : "Message \(id) is held no more; nothing was changed."
            return page.redirect(to: "/messages/\(id)", cookies: [page.sessions.notice(notice)])
        } catch let rejection as Rejection {
            return try await show(request, context, words: words, fault: rejection.description)
        }
    }

    private func show(
        _ request: Request,
        _ context: ServerContext,
        words: EditedWords? = nil,
        fault: String = ""
    ) async throws -> Response {
        let id = try context.number("message")
        guard let message = try await MessagePage(id, backend) else {
            throw Problem.notFound("message; it may have been forgotten")
        }
        let value = try await page.value(
            "Message \(id)",
            .messages,
            request,
            context,
            live: "/live/messages/\(id)",
            fault: fault,
            message.live.adding(message.content(backend.composer)).adding(message.draft(backend.composer, words))
        )
        return try page.response(.message, value, request, status: fault.isEmpty ? .ok : .unprocessableContent)
    }

    private func part(_ context: ServerContext) async throws -> Response {
        guard let message = try await backend.queue.message(try context.number("message")),
            let part = try backend.composer.parts(of: message).first(where: {
                $0.name == context.parameters.get("part")
            })
        else { throw Problem.notFound("part") }
        guard part.isHTML else { return .bytes(part.bytes, type: "text/plain; charset=utf-8") }
        return Page.part(part.bytes)
    }

    private func act(_ action: MessageAction, _ request: Request, _ context: ServerContext) async throws -> Response {
        try page.sessions.check(try await Form(request), request)
        let id = try context.number("message")
        let done = try await backend.queue.perform(action, on: [id], by: context.caller.origin)
        let notice =
            done.isEmpty
            ? "Message \(id) is in another state by now; nothing was changed."
            : "Message \(id): \(action == .retry ? "on its way again" : action.past)."
        return page.redirect(to: "/messages/\(id)", cookies: [page.sessions.notice(notice)])
    }

    // MARK: - Several

    private func bulk(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        guard let action = form["action"].flatMap(MessageAction.init) else {
            throw Problem(.badRequest, "say what is to be done: cancel, retry, approve or hold")
        }
        let list = MessageListPage(query: form["filter"] ?? "")
        guard list.fault.isEmpty else { throw Problem(.badRequest, list.fault) }
        let ids = Array(Set(form.all("id").compactMap { Int64($0) })).sorted()
        guard ids.count <= 1000 else { throw Problem(.badRequest, "choose at most 1000 messages, or all of a filter") }
        let isFilter = form["scope"] == "filter"
        if form["confirm"] != nil {
            let done =
                isFilter
                ? try await backend.queue.perform(action, onAll: list.messageFilter, by: context.caller.origin)
                : try await backend.queue.perform(action, on: ids, by: context.caller.origin)
            let notice = "\(Words.messages(Int64(done.count))) \(action.past)."
            return page.redirect(to: list.address, cookies: [page.sessions.notice(notice)])
        }
        let chosen = isFilter ? try await backend.queue.count(list.messageFilter) : Int64(ids.count)
        let matched =
            isFilter ? try await backend.queue.count(action, onAll: list.messageFilter) : try await count(action, ids)
        let fields =
            [
                ("action", action.rawValue), ("scope", isFilter ? "filter" : "selected"), ("filter", list.query),
                ("confirm", "yes"),
            ] + (isFilter ? [] : ids.map { ("id", "\($0)") })
        let states = action.from.map(\.rawValue).joined(separator: " or ")
        let verb = action == .retry ? "Send again" : action.rawValue.capitalized
        let title = matched == 0 ? "Nothing to do" : "\(verb): \(Words.messages(matched))"
        let value = try await page.value(
            title,
            .messages,
            request,
            context,
            [
                "action": "/messages/bulk", "heading": .text(title),
                "question": .text(
                    matched > 0
                        ? action.question(matched)
                        : chosen == 0 ? "No message was chosen." : "None of those chosen is \(states)."
                ),
                "detail": .text(
                    chosen > matched && matched > 0
                        ? "\(Words.count(chosen - matched)) more were chosen, but only \(states) messages are meant."
                        : ""
                ), "criteria": .text(isFilter ? list.query.replacing("&", with: ", ") : ""),
                "can_go": .flag(matched > 0), "is_danger": .flag(action == .cancel), "submit": .text(title),
                "fields": fields.list { ["name": .text($0), "value": .text($1)] }, "back": .text(list.address),
            ]
        )
        return try page.response(.ask, value, request)
    }

    private func count(_ action: MessageAction, _ ids: [Int64]) async throws -> Int64 {
        var count: Int64 = 0
        for id in ids {
            if let message = try await backend.queue.message(id), action.from.contains(message.state) { count += 1 }
        }
        return count
    }
}

extension MessageAction {
    fileprivate func question(_ count: Int64) -> String {
        let messages = Words.messages(count)
        return switch self {
        case .cancel: "This cancels \(messages). They will not be sent, and it cannot be undone."
        case .retry: "This sends \(messages) again, with all their retries."
        case .approve: "This lets \(messages) go."
        case .hold: "This keeps \(messages) until they are approved."
        }
    }
}
