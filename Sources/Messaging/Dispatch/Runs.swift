import Storage

/// The table of bulk runs.
enum Runs {
    private static let columns = "state, began, last, taken, most, judged, complained, opted_out, brand, template"
    private static let find = Statement("SELECT \(columns) FROM run WHERE brand = $1 AND template = $2")
    private static let ripe = Statement(
        "SELECT \(columns) FROM run WHERE state IN ('waiting', 'passed') AND judged <= $1"
    )
    private static let put = Statement(
        """
        INSERT INTO run (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (brand, template) DO UPDATE SET state = excluded.state, began = excluded.began, last = excluded.last,
            taken = excluded.taken, most = excluded.most, judged = excluded.judged, complained = excluded.complained,
            opted_out = excluded.opted_out
        """
    )
    private static let rest = Statement(
        """
        SELECT count(*) FROM (
            SELECT 1 FROM message
            WHERE state = 'waiting' AND channel = 'email' AND share >= $1 AND share < $2 AND template = $3
                AND attempts = 0 LIMIT \(mostCounted)
        ) AS counted
        """
    )
    private static let sent = Statement(
        """
        SELECT CASE WHEN state IN ('sent', 'delivered') THEN 0 ELSE 1 END, count(*) FROM message
        WHERE state IN ('sent', 'delivered', 'bounced', 'failed') AND finished_at >= $1 AND channel = 'email'
            AND brand = $2 AND template = $3 AND test = 0
            AND (state <> 'failed' OR reason IN ('recipient', 'permanent', 'policy'))
        GROUP BY 1
        """
    )
    /// The message is one of the run's, and of none before it.
    private static let holds = """
        EXISTS (SELECT 1 FROM message WHERE id = $1 AND channel = 'email' AND test = 0 AND message.brand = run.brand
            AND message.template = run.template AND started_at >= run.began)
        """
    private static let complain = Statement(
        """
        UPDATE run SET complained = complained + 1
        WHERE \(holds)
        """
    )
    private static let optOut = Statement(
        """
        UPDATE run SET opted_out = opted_out + 1
        WHERE \(holds)
        """
    )
    private static let release = Statement(
        """
        UPDATE run SET state = 'released'
        WHERE brand = $1 AND template = $2 AND state IN ('waiting', 'failed')
        """
    )

    static let statements = [find, ripe, put, rest, sent, complain, optOut, release]

    /// Of more no part goes first.
    private static let mostCounted = 200_000
    /// How often a run that goes on is judged again, milliseconds.
    static let again: Int64 = 300_000

    static func find(_ brand: String, _ template: String, _ connection: any Connection) throws -> Run? {
        try connection.first(find, [.text(brand), .text(template)], read)
    }

    static func write(_ run: Run, _ transaction: any Transaction) throws {
        try transaction.execute(
            put,
            [
                .text(run.state.rawValue), .integer(run.began), .integer(run.last), .integer(run.taken),
                .integer(run.most), .integer(run.judged), .integer(run.complained), .integer(run.optedOut),
                .text(run.brand), .text(run.template),
            ]
        )
    }

    private static func read(_ row: any Row) -> Run {
        var run = Run(brand: row.text(8), template: row.text(9), after: row.integer(4), now: row.integer(1))
        run.state = Run.State(rawValue: row.text(0)) ?? .growing
        run.last = row.integer(2)
        run.taken = row.integer(3)
        run.judged = row.integer(5)
        run.complained = row.integer(6)
        run.optedOut = row.integer(7)
        return run
    }

    /// How many wait, kept back or not.
    static func rest(_ brand: String, _ template: String, _ connection: any Connection) throws -> Int64 {
        let values: [SQLValue] = [.text(brand), .text(brand + Share.behindParked), .text(template)]
        return try connection.first(rest, values) { $0.integer(0) } ?? 0
    }

    static func complained(_ message: Int64, _ transaction: any Transaction) throws {
        try transaction.execute(complain, [.integer(message)])
    }

    static func optedOut(_ message: Int64, _ transaction: any Transaction) throws {
        try transaction.execute(optOut, [.integer(message)])
    }

    /// A person let the rest of it go.
    static func release(_ order: Pause, _ transaction: any Transaction) throws {
        guard let brand = order.brand, let template = order.template, order.category == nil else { return }
        try transaction.execute(release, [.text(brand), .text(template)])
    }

    static func figures(_ run: Run, _ connection: any Connection) throws -> Canary.Figures {
        var figures = Canary.Figures(complained: run.complained, optedOut: run.optedOut)
        try connection.query(sent, [.integer(run.began), .text(run.brand), .text(run.template)]) { row in
            figures.sent += row.integer(1)
            if row.integer(0) == 1 { figures.bounced += row.integer(1) }
        }
        return figures
    }

    /// Judges the runs whose time has come: lets the rest go, or keeps it.
    ///
    /// - Returns: what was found wrong.
    static func judge(_ queue: Queue, now: Int64) async throws -> [String] {
        let ripe = try await queue.database.read { try $0.all(Runs.ripe, [.integer(now)], read) }
        var faults: [String] = []
        for run in ripe {
            let canary = queue.policies[run.brand].canary
            let figures = try await queue.database.read { try Runs.figures(run, $0) }
            let fault = try await queue.database.write(.power) { transaction -> String? in
                guard var run = try Runs.find(run.brand, run.template, transaction), run.judged <= now,
                    run.state == .waiting || run.state == .passed
                else { return nil }
                // What is over is not judged again.
                run.judged = run.isOver(now) ? .max : now + again
                defer { queue.bell.ring(Bell.anything) }
                if let fault = canary?.fault(figures) {
                    run.state = .failed
                    try Runs.write(run, transaction)
                    let reason = "canary: \(fault)"
                    try Pauses.put(run.order(reason, now: now), transaction)
                    return "\(run.brand), \(run.template): \(reason)"
                }
                guard run.state == .waiting else {
                    try Runs.write(run, transaction)
                    return nil
                }
                // What was put back, or waits to be tried again, was taken and has shown nothing.
                let isShort =
                    canary != nil && figures.sent * 10 < run.most * 9 && figures.sent < run.taken
                    && now - run.last < Run.gap / 4
                run.state = isShort ? .trying : .passed
                if isShort { run.taken = figures.sent }
                try Pauses.endOwn(run.order("", now: now), transaction)
                try Runs.write(run, transaction)
                return nil
            }
            if let fault { faults.append(fault) }
        }
        return faults
    }
}

/// What keeps messages of a brand beside the gate: orders about them, and a run's first part.
struct Keeper {
    private var orders: [Pause]
    private let canary: Canary?
    private var runs: [String: Run] = [:]
    private var changed: Set<String> = []

    /// `nil` where there is nothing that could.
    init?(_ channel: Channel, _ policy: CompliancePolicy, _ connection: any Connection) throws {
        orders = try Pauses.ofMessages(channel, connection)
        canary = channel == .email ? policy.canary : nil
        if orders.isEmpty, canary == nil { return nil }
    }

    /// - Returns: `nil` for a message that may go.
    mutating func keeps(
        _ message: Gate.Facts,
        _ handOff: HandOff,
        _ transaction: any Transaction
    ) throws -> Gate.Verdict? {
        let now = transaction.now
        if let kept = orders.keeps(message, now: now) { return kept }
        // A run is counted by its messages, not by their attempts, nor by how often a limit keeps one.
        guard let canary, !message.template.isEmpty, handOff.attempts == 0, handOff.share.limit == nil else {
            return nil
        }
        let name = message.template
        var run =
            try runs[name] ?? Runs.find(message.brand, name, transaction)
            ?? Run(brand: message.brand, template: name, after: canary.after, now: now)
        if run.isOver(now), run.state != .failed {
            run = Run(brand: message.brand, template: name, after: canary.after, now: now)
        }
        let mayGo = try run.take(canary, now: now) { try Runs.rest(message.brand, name, transaction) }
        runs[name] = run
        changed.insert(name)
        guard !mayGo else { return nil }
        // None is in force here, whoever may have taken the place of one.
        let order = run.order(now: now)
        try Pauses.put(order, transaction)
        orders.append(order)
        return .keep(under: order.keeper, reason: order.reason, rule: "CANARY")
    }

    func write(_ transaction: any Transaction) throws {
        for name in changed.sorted() {
            if let run = runs[name] { try Runs.write(run, transaction) }
        }
    }
}

extension Sequence<Pause> {
    /// What orders about messages say of one; `nil` where none keeps it.
    func keeps(_ message: Gate.Facts, now: Int64) -> Gate.Verdict? {
        let order = first {
            $0.keeps(
                message.channel,
                brand: message.brand,
                category: message.category,
                template: message.template,
                now: now
            )
        }
        return order.map { order in
            .keep(under: order.keeper, reason: order.words(now: now), rule: order.isOfRun ? "CANARY" : "ORDER")
        }
    }
}
