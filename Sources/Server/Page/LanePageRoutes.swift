import HTTPTypes
import Hummingbird
import Messaging
import Storage

/// Lanes on the page: how fast each is, standing orders to give and to take back, and what texts cost.
struct LanePageRoutes {
    let backend: Backend
    let page: Page

    static let spendingDays = 7

    var routes: [Route] {
        [
            Route(.get, "/lanes", .session([.read])) { try await show($0, $1) },
            Route(.post, "/lanes/pause", .session([.operate])) { try await pause($0, $1) },
            Route(.post, "/lanes/resume", .session([.operate])) { try await resume($0, $1) },
        ]
    }

    private func show(
        _ request: Request,
        _ context: ServerContext,
        given: Form? = nil,
        fault: String = ""
    ) async throws -> Response {
        let form = given ?? Form(request.uri.query ?? "")
        let now = backend.clock.now()
        let report = try await backend.queue.status(now: now)
        let spent = try await backend.spending.list(days: LanePageRoutes.spendingDays, now: now)
        let estimate = try await SpendingEstimate.make(backend.queue, backend.composer)
        let value = try await page.value(
            "Lanes",
            .lanes,
            request,
            context,
            fault: fault,
            OverviewPage(report: report, backlog: []).laneValues.adding([
                "orders": report.orders.list { order in
                    [
                        "words": .text(order.words(now: now)), "subject": .text(order.subject),
                        "channel": .text(order.channel.rawValue), "lane": .text(order.lane ?? ""),
                        "brand": .text(order.brand ?? ""), "domain": .text(order.domain ?? ""),
                        "category": .text(order.category ?? ""), "template": .text(order.template ?? ""),
                    ]
                },
                "form": [
                    "subjects": subjects.list { ["value": .text($0), "is_selected": .flag($0 == form["what"])] },
                    "brands": backend.brands.list { ["value": .text($0), "is_selected": .flag($0 == form["brand"])] },
                    "categories": ["transactional", "commercial"].list {
                        ["value": .text($0), "is_selected": .flag($0 == form["category"])]
                    },
                    "template": .text(form["template"] ?? ""),
                    "domain": .text(form["domain"] ?? ""), "rate": .text(form["rate"] ?? ""),
                    "reason": .text(form["reason"] ?? ""), "for": .text(form["for"] ?? ""),
                ],
                "has_spending": .flag(!spent.isEmpty),
                "spending": spent.list { row in
                    [
                        "day": .text(String(Timestamp.text(row.day).prefix(10))),
                        "lane": .text("\(row.channel.rawValue)/\(row.transport)"), "brand": .text(row.brand),
                        "messages": .text(Words.count(row.messages)), "units": .text(Words.count(row.units)),
                        "amount": .text(row.amount),
                    ]
                },
                "has_estimate": .flag(!estimate.rows.isEmpty), "is_partial": .flag(estimate.isPartial),
                "estimate": estimate.sorted.list { row in
                    [
                        "brand": .text(row.brand), "messages": .text(Words.count(row.messages)),
                        "units": .text(Words.count(row.segments)), "amount": .text(row.costs(backend.prices)),
                    ]
                },
            ])
        )
        return try page.response(.lanes, value, request, status: fault.isEmpty ? .ok : .unprocessableContent)
    }

    /// Channels that have transports, and these: `email`, `email/relay`.
    private var subjects: [String] {
        Channel.allCases.flatMap { channel -> [String] in
            let names = backend.lanes[channel] ?? []
            return names.isEmpty ? [] : [channel.rawValue] + names.map { "\(channel.rawValue)/\($0)" }
        }
    }

    private func pause(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        let what = (form["what"] ?? "").split(separator: "/", maxSplits: 1).map(String.init)
        do {
            let order = try LaneOrder(backend, by: context.caller.origin).read { name in
                switch name {
                case "channel": what.first
                case "lane": what.count > 1 ? what[1] : nil
                default: try form.text(name)
                }
            }
            try await Pauses(backend.queue).put(order)
            let notice = order.words(now: backend.clock.now())
            return page.redirect(to: "/lanes", cookies: [page.sessions.notice(notice)])
        } catch let problem as Problem {
            return try await show(request, context, given: form, fault: problem.detail)
        }
    }

    private func resume(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        let order = try LaneOrder(backend, by: context.caller.origin).subject { try form.text($0) }
        let wasThere = try await Pauses(backend.queue).resume(order, by: context.caller.origin)
        let notice = wasThere ? "\(order.subject) goes on." : "That order had ended already."
        return page.redirect(to: "/lanes", cookies: [page.sessions.notice(notice)])
    }
}
