import HTTPTypes
import Hummingbird
import Messaging
import Storage

/// The page of whoever is in charge of compliance: which rules hold for each brand and why, what they decided, how recipients took
/// it, and how the evidence stands.
struct CompliancePageRoutes {
    let backend: Backend
    let page: Page

    static let days = 30

    var routes: [Route] {
        [
            Route(.get, "/compliance", .session([.read, .comply])) { try await show($0, $1) },
            Route(.post, "/compliance/figures", .session([.comply])) { try await enter($0, $1) },
        ]
    }

    private func show(
        _ request: Request,
        _ context: ServerContext,
        given form: Form = Form(""),
        fault: String = ""
    ) async throws -> Response {
        let figures = try await backend.reputation.list(days: CompliancePageRoutes.days, now: backend.clock.now())
        let counts = try await backend.counts.list(days: CompliancePageRoutes.days, now: backend.clock.now())
        let bulk = try await backend.counts.bulkSenders()
        let head = try await backend.evidence.head()
        let policies = backend.policies
        let value = try await page.value(
            "Compliance",
            .compliance,
            request,
            context,
            fault: fault,
            [
                "figures": figures.list(figure), "has_figures": .flag(!figures.isEmpty),
                "form": [
                    "brands": backend.brands.list { ["value": .text($0), "is_selected": .flag($0 == form["brand"])] },
                    "provider": .text(form["provider"] ?? "google"), "day": .text(form["day"] ?? ""),
                    "spam": .text(form["spam"] ?? ""),
                ],
                "days": "\(CompliancePageRoutes.days)",
                "brands": backend.brands.list { brand in
                    let policy = policies[brand]
                    return [
                        "id": .text(brand), "name": .text(backend.composer.brands[brand]?.settings.name ?? brand),
                        "assumptions": policy.assumptions.list { ["text": .text($0)] },
                        "has_assumptions": .flag(!policy.assumptions.isEmpty),
                        "rules": ComplianceRule.all.list { row($0, policy, counts.filter { $0.brand == brand }) },
                    ]
                },
                "providers": providers(counts),
                "has_providers": .flag(counts.contains { $0.kind == .sent || $0.kind == .refused }),
                "bulk": bulk.list { sender in
                    [
                        "is_google": .flag(sender.provider == "google"),
                        "day": .text(String(Timestamp.text(sender.day * 86_400_000).prefix(10))),
                        "count": .text(Words.count(sender.count)),
                    ]
                },
                "evidence": [
                    "rows": .text(Words.count(head?.number ?? 0)), "hash": .text(head?.hashText ?? ""),
                    "at": .text(head.map { Words.time($0.at) } ?? ""), "is_there": .flag(head != nil),
                ],
            ]
        )
        return try page.response(.compliance, value, request, status: fault.isEmpty ? .ok : .unprocessableContent)
    }

    private func row(
        _ rule: ComplianceRule,
        _ policy: CompliancePolicy,
        _ counts: [ComplianceCounts.Row]
    ) -> PageValue {
        let own = counts.filter { $0.subject == rule.id }
        func count(_ kind: ComplianceCounts.Kind) -> String {
            Words.count(own.filter { $0.kind == kind }.reduce(0) { $0 + $1.count })
        }
        let days = DecisionTrend(own, days: CompliancePageRoutes.days, now: backend.clock.now())
        return [
            "id": .text(rule.id), "is_on": .flag(policy.rules[rule.id] != nil), "action": .text(rule.action.rawValue),
            "summary": .text((policy.rules[rule.id] ?? rule).words), "source": .text(rule.source),
            "blocked": .text(count(.blocked)),
            "deferred": .text(count(.deferred)), "has_trend": .flag(!days.isEmpty), "trend": days.value,
        ]
    }

    /// Of each brand and mailbox provider: sent, bounced, called spam.
    private func providers(_ counts: [ComplianceCounts.Row]) -> PageValue {
        struct Stream: Hashable {
            let brand: String
            let provider: String
        }
        var streams: [Stream: [ComplianceCounts.Kind: Int64]] = [:]
        for row in counts where [.sent, .bounced, .refused, .complained].contains(row.kind) {
            streams[Stream(brand: row.brand, provider: row.subject), default: [:]][row.kind, default: 0] += row.count
        }
        return streams.sorted { ($0.key.brand, $0.key.provider) < ($1.key.brand, $1.key.provider) }.list {
            stream,
            taken in
            func count(_ kind: ComplianceCounts.Kind) -> Int64 { taken[kind] ?? 0 }
            let lost = count(.bounced) + count(.refused)
            let spam = Double(count(.complained)) / Double(max(1, count(.sent)))
            return [
                "brand": .text(stream.brand), "provider": .text(stream.provider),
                "sent": .text(Words.count(count(.sent))),
                "bounced": .text(
                    lost == 0 ? "0" : "\(Words.count(lost)) (\(Words.share(lost, of: count(.sent) + count(.refused))))"
                ),
                "complained": .text("\(Words.count(count(.complained))) (\(Words.percent(spam * 100)))"),
                "is_critical": .flag(spam >= StreamGuard.spam.stop),
                "is_warning": .flag(
                    spam >= StreamGuard.spam.slow && spam < StreamGuard.spam.stop
                ),
            ]
        }
    }

    private func figure(_ figure: Reputation.Figure) -> PageValue {
        [
            "day": .text(String(Timestamp.text(figure.day * 86_400_000).prefix(10))), "brand": .text(figure.brand),
            "provider": .text(figure.provider), "spam": .text("\(Percentage(figure.spam))"),
            "is_critical": .flag(figure.spam >= StreamGuard.spam.stop),
            "is_warning": .flag(figure.spam >= StreamGuard.spam.slow && figure.spam < StreamGuard.spam.stop),
        ]
    }

    /// Takes in what a mailbox provider says of a day.
    private func enter(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try await Form(request)
        try page.sessions.check(form, request)
        do {
            let figure = try Reputation.Figure(
                brand: form.text("brand") ?? "",
                provider: form.text("provider") ?? "",
                day: form.text("day"),
                spam: form.text("spam") ?? "",
                brands: backend.brands,
                now: backend.clock.now()
            )
            try await backend.reputation.enter(figure, by: context.caller.origin)
            let notice = "\(figure.brand): \(Percentage(figure.spam)) called spam at \(figure.provider)."
            return page.redirect(to: "/compliance", cookies: [page.sessions.notice(notice)])
        } catch let rejection as Rejection {
            return try await show(request, context, given: form, fault: "\(rejection)")
        }
    }
}

/// How often a rule decided, a bar a day.
struct DecisionTrend {
    private let counts: [Int64]
    private let first: Int64

    init(_ rows: [ComplianceCounts.Row], days: Int, now: Int64) {
        first = now / 86_400_000 - Int64(days) + 1
        var counts = [Int64](repeating: 0, count: days)
        for row in rows where (0..<days).contains(Int(row.day - first)) { counts[Int(row.day - first)] += row.count }
        self.counts = counts
    }

    var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }

    var value: PageValue {
        let most = counts.max() ?? 0
        let width = 100 / Double(max(1, counts.count))
        let total = counts.reduce(0, +)
        return [
            "summary": .text("\(Words.count(total)) in \(counts.count) days, at most \(Words.count(most)) in one"),
            "bars": counts.enumerated().filter { $1 > 0 }.list { index, count in
                let height = max(6, Double(count) / Double(max(1, most)) * 100)
                let day = Timestamp.text((first + Int64(index)) * 86_400_000).prefix(10)
                return [
                    "x": .text(Words.percent(Double(index) * width)), "width": .text(Words.percent(width * 0.8)),
                    "y": .text(Words.percent(100 - height)), "height": .text(Words.percent(height)),
                    "title": .text("\(day): \(Words.count(count))"),
                ]
            },
        ]
    }
}
