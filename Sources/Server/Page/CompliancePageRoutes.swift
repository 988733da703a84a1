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
        [Route(.get, "/compliance", .session([.read, .comply])) { try await show($0, $1) }]
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        let counts = try await backend.counts.list(days: CompliancePageRoutes.days, now: backend.clock.now())
        let head = try await backend.evidence.head()
        let policies = backend.policies
        let value = try await page.value(
            "Compliance",
            .compliance,
            request,
            context,
            [
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
                "providers": providers(counts), "has_providers": .flag(counts.contains { $0.kind == .sent }),
                "evidence": [
                    "rows": .text(Words.count(head?.number ?? 0)), "hash": .text(head?.hashText ?? ""),
                    "at": .text(head.map { Words.time($0.at) } ?? ""), "is_there": .flag(head != nil),
                ],
            ]
        )
        return try page.response(.compliance, value, request)
    }

    private func row(
        _ rule: ComplianceRule,
        _ policy: CompliancePolicy,
        _ counts: [ComplianceCounts.Row]
    ) -> PageValue {
        func count(_ kind: ComplianceCounts.Kind) -> String {
            Words.count(counts.first { $0.kind == kind && $0.subject == rule.id }?.count ?? 0)
        }
        return [
            "id": .text(rule.id), "is_on": .flag(policy.rules[rule.id] != nil), "action": .text(rule.action.rawValue),
            "summary": .text(rule.summary), "source": .text(rule.source), "blocked": .text(count(.blocked)),
            "deferred": .text(count(.deferred)),
        ]
    }

    /// Of each brand and mailbox provider: sent, bounced, called spam.
    private func providers(_ counts: [ComplianceCounts.Row]) -> PageValue {
        counts.filter { $0.kind == .sent }.list { sent in
            func count(_ kind: ComplianceCounts.Kind) -> Int64 {
                counts.first { $0.kind == kind && $0.brand == sent.brand && $0.subject == sent.subject }?.count ?? 0
            }
            let lost = count(.bounced) + count(.refused)
            let spam = Double(count(.complained)) / Double(max(1, sent.count))
            return [
                "brand": .text(sent.brand), "provider": .text(sent.subject), "sent": .text(Words.count(sent.count)),
                "bounced": .text("\(Words.count(lost)) (\(Words.share(lost, of: sent.count + count(.refused))))"),
                "complained": .text("\(Words.count(count(.complained))) (\(Words.percent(spam * 100)))"),
                "is_critical": .flag(spam >= StreamGuard.spam.stop),
                "is_warning": .flag(
                    spam >= StreamGuard.spam.slow && spam < StreamGuard.spam.stop
                ),
            ]
        }
    }
}
