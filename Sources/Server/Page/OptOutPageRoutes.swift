import HTTPTypes
import Hummingbird
import Messaging

/// Opt-outs on the page: look up, record, take back.
struct OptOutPageRoutes {
    let backend: Backend
    let page: Page

    static let limit = 100
    static let recentChanges = 20

    var routes: [Route] {
        [
            Route(.get, "/opt-outs", .session([.read, .comply])) { try await list($0, $1) },
            Route(.post, "/opt-outs", .session([.comply])) { try await add($0, $1) },
            Route(.post, "/opt-outs/remove", .session([.comply])) { try await remove($0, $1) },
        ]
    }

    private func list(
        _ request: Request,
        _ context: ServerContext,
        given: Form = Form(""),
        fault: String = ""
    ) async throws -> Response {
        let query = Form(request.uri.query ?? "")
        let cursor = query["cursor"].flatMap { Int64($0, radix: 36) }
        var answer = ""
        var fault = fault
        var optOuts: [OptOut] = []
        if let address = query["address"] {
            do {
                optOuts = try await backend.optOuts.covering(try Recipient.key(of: address, region: backend.region))
                answer = optOuts.isEmpty ? "\(address) has not opted out of anything." : "\(address) has opted out."
            } catch let rejection as Rejection {
                fault = rejection.description
            }
        } else {
            optOuts = try await backend.optOuts.list(after: cursor ?? 0, limit: OptOutPageRoutes.limit)
        }
        let more = query["address"] == nil && optOuts.count == OptOutPageRoutes.limit ? optOuts.last?.id : nil
        let total = try await backend.optOuts.count()
        let changes = try await backend.audit.list(limit: 200).filter(\.isOfOptOut)
        func choices(_ name: String, _ all: [String]) -> PageValue {
            all.list { ["value": .text($0), "is_selected": .flag($0 == given[name])] }
        }
        let value = try await page.value(
            "Opt-outs",
            .optOuts,
            request,
            context,
            fault: fault,
            [
                "address": .text(query["address"] ?? ""), "answer": .text(answer),
                "is_opted_out": .flag(!optOuts.isEmpty), "has_opt_outs": .flag(!optOuts.isEmpty),
                "opt_outs": optOuts.list(\.row), "has_changes": .flag(!changes.isEmpty),
                "changes": changes.prefix(OptOutPageRoutes.recentChanges).list(\.row),
                "page": [
                    "summary": .text(
                        query["address"] == nil ? "\(Words.count(total)) in all, oldest first" : "What it covers"
                    ), "has_pages": .flag(more != nil || cursor != nil),
                    "older": .text(cursor == nil ? "" : "/opt-outs"),
                    "newer": .text(more.map { "/opt-outs?cursor=\(Query.cursor($0))" } ?? ""),
                ],
                "form": [
                    "address": .text(given["address"] ?? ""), "note": .text(given["note"] ?? ""),
                    "channels": choices("channel", Channel.allCases.map(\.rawValue)),
                    "brands": choices("brand", backend.brands),
                    "categories": choices("category", ["transactional", "commercial"]),
                ],
            ]
        )
        return try page.response(.optOuts, value, request, status: fault.isEmpty ? .ok : .unprocessableContent)
    }

    private func add(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        do {
            let (isNew, stored) = try await OptOutRoutes.add(
                address: try form.text("address") ?? "",
                channel: try form.text("channel"),
                brand: try form.text("brand"),
                category: try form.text("category"),
                note: try form.text("note"),
                by: context.caller,
                backend
            )
            let notice =
                isNew
                ? "\(stored.address) has opted out of \(stored.scope)."
                : "\(stored.address) had opted out of \(stored.scope) before."
            return page.redirect(to: "/opt-outs", cookies: [page.sessions.notice(notice)])
        } catch let rejection as Rejection {
            return try await list(request, context, given: form, fault: rejection.description)
        }
    }

    private func remove(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        guard let id = form["id"].flatMap({ Int64($0) }) else { throw Problem.notFound("opt-out") }
        guard let optOut = try await backend.optOuts.find(id) else {
            let notice = "It had been taken back already."
            return page.redirect(to: "/opt-outs", cookies: [page.sessions.notice(notice)])
        }
        guard form["confirm"] != nil else { return try await ask(optOut, request, context) }
        _ = try await backend.optOuts.remove(id: id, by: context.caller.origin)
        let notice = "\(optOut.address) is no longer opted out of \(optOut.scope)."
        return page.redirect(to: "/opt-outs", cookies: [page.sessions.notice(notice)])
    }
}

extension OptOutPageRoutes {
    private func ask(_ optOut: OptOut, _ request: Request, _ context: ServerContext) async throws -> Response {
        let value = try await page.value(
            "Take back an opt-out",
            .optOuts,
            request,
            context,
            [
                "action": "/opt-outs/remove", "heading": "Take back an opt-out",
                "question": .text("\(optOut.address) said no to \(optOut.scope) on \(Words.time(optOut.at))."),
                "detail": "Take it back only if the person asked for that: messages go there again at once.",
                "criteria": "", "can_go": true, "is_danger": true, "submit": "Take it back", "back": "/opt-outs",
                "fields": [
                    ["name": "id", "value": "\(optOut.id)"], ["name": "confirm", "value": "yes"],
                ],
            ]
        )
        return try page.response(.ask, value, request)
    }
}

extension AuditEntry {
    fileprivate var isOfOptOut: Bool { action == .optOutAdded || action == .optOutRemoved }

    fileprivate var row: PageValue {
        [
            "at": .text(Words.time(at)), "by": .text(by), "what": action == .optOutAdded ? "added" : "removed",
            "address": .text(subject), "detail": .text(detail ?? ""),
        ]
    }
}

extension OptOut {
    fileprivate var row: PageValue {
        [
            "id": "\(id)", "address": .text(address), "scope": "\(scope)", "source": .text(source),
            "since": .text(Words.time(at)), "note": .text(note ?? ""),
        ]
    }
}
