import Storage
import Testing

@testable import Messaging

@Suite("The plan of a hot statement")
struct StatementPlanTests {
    /// A statement, found by words that no other has, and what its plan must be.
    struct HotStatement: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let words: String
        let plan: [String]

        init(_ name: String, _ words: String, _ plan: [String]) {
            testDescription = name
            self.words = words
            self.plan = plan
        }
    }

    private static let byID = "SEARCH message USING INTEGER PRIMARY KEY (rowid=?)"
    private static let content = "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)"

    private static let language = [
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH addressee USING PRIMARY KEY (address_key=?)",
    ]

    private static let isFree = [
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH legal_hold USING COVERING INDEX sqlite_autoindex_legal_hold_1 (address_key=?)",
        "CORRELATED SCALAR SUBQUERY 2", byID,
        "SEARCH legal_hold USING COVERING INDEX sqlite_autoindex_legal_hold_1 (address_key=?)",
    ]

    static let hot = [
        HotStatement(
            "claim",
            "SET state = 'sending'",
            [
                byID, "LIST SUBQUERY 2", "MATERIALIZE picked",
                "SEARCH message USING INDEX message_share (channel=? AND share=? AND priority=? AND due<?)",
                "SCAN picked",
                "CORRELATED SCALAR SUBQUERY 3", content, "CORRELATED SCALAR SUBQUERY 4",
                "SEARCH opt_out USING COVERING INDEX sqlite_autoindex_opt_out_1 (address_key=?)",
                "CORRELATED SCALAR SUBQUERY 5",
                "SEARCH person_stop USING COVERING INDEX sqlite_autoindex_person_stop_1 (address_key=?)",
            ]
        ),
        HotStatement(
            "next due",
            "SELECT min(due) FROM (",
            ["CO-ROUTINE heads", "COMPOUND QUERY"]
                + (0...9).flatMap {
                    [
                        $0 == 0 ? "LEFT-MOST SUBQUERY" : "UNION ALL",
                        "SEARCH message USING INDEX message_share (channel=? AND share=? AND priority=?)",
                    ]
                } + ["SEARCH heads"]
        ),
        HotStatement("hand off again", "SELECT expires, address_key, brand", [byID]),
        HotStatement(
            "look up what stops a person",
            "actor, at FROM person_stop WHERE",
            ["SEARCH person_stop USING INDEX sqlite_autoindex_person_stop_1 (address_key=?)"]
        ),
        HotStatement(
            "look for raw words that are old",
            "SELECT 1 FROM hook WHERE at",
            ["SEARCH hook USING INDEX hook_raw (at<?)"] + isFree
        ),
        HotStatement(
            "find what was posted long ago",
            "SELECT id FROM hook WHERE at",
            ["SEARCH hook USING INDEX hook_free (at<?)"] + isFree
        ),
        HotStatement(
            "look up an addressee",
            "SELECT person, kind, language",
            ["SEARCH addressee USING PRIMARY KEY (address_key=?)"]
        ),
        HotStatement(
            "look up a person's other addresses",
            "address_key <> $2 ORDER BY",
            ["SEARCH addressee USING COVERING INDEX addressee_person (person=?)"]
        ),
        HotStatement(
            "look up an addressee and what went to its person",
            "FROM addressee own LEFT JOIN",
            [
                "SEARCH own USING PRIMARY KEY (address_key=?)",
                "SEARCH other USING COVERING INDEX addressee_person (person=?) LEFT-JOIN",
                "SEARCH message USING INDEX message_recipient (address_key=?) LEFT-JOIN",
            ]
        ),
        HotStatement(
            "look up what went to an address",
            "message.state FROM message\nWHERE message.address_key",
            ["SEARCH message USING INDEX message_recipient (address_key=?)"]
        ),
        HotStatement(
            "find what an order keeps",
            "share > $2 AND share < $3",
            ["SEARCH message USING INDEX message_share (channel=? AND share>? AND share<?)"]
        ),
        HotStatement(
            "what rules count of forgotten messages",
            "FROM contact WHERE address_hash",
            ["SEARCH contact USING INDEX contact_address (address_hash=? AND at>?)"]
        ),
        HotStatement("end what the gate stopped", "node = NULL, finished_at = $4", [byID]),
        HotStatement("put back", "SET state = 'waiting', node = NULL WHERE", [byID]),
        HotStatement("park", "node = NULL, share = $3", [byID]),
        HotStatement(
            "move what stands behind a parked message",
            "UPDATE message SET share = $6",
            [
                byID, "LIST SUBQUERY 2", "MATERIALIZE head",
                "SEARCH message USING INDEX message_share (channel=? AND share=? AND priority=? AND due<?)",
                "SCAN head",
            ]
        ),
        HotStatement(
            "the oldest of what is due",
            "SELECT priority FROM (",
            ["CO-ROUTINE heads", "COMPOUND QUERY"]
                + (0...9).flatMap { priority in
                    [priority == 0 ? "LEFT-MOST SUBQUERY" : "UNION ALL", "SCAN CONSTANT ROW"]
                        + [
                            "SCALAR SUBQUERY \(priority * 2 + 1)",
                            "SEARCH message USING INDEX message_share (channel=? AND share=? AND priority=? AND due<?)",
                            "SCALAR SUBQUERY \(priority * 2 + 1)",
                            "SEARCH message USING INDEX message_share (channel=? AND share=? AND priority=? AND due<?)",
                        ]
                } + ["SCAN heads", "USE TEMP B-TREE FOR ORDER BY"]
        ),
        HotStatement(
            "what waits, by share",
            "SELECT share, count(*) FROM message WHERE",
            ["SEARCH message USING INDEX message_share (channel=?)"]
        ),
        HotStatement(
            "what waits, by brand",
            "SELECT brand FROM heads",
            [
                "CO-ROUTINE heads", "SETUP", "SCAN CONSTANT ROW", "SCALAR SUBQUERY 1",
                "SEARCH message USING INDEX message_share (channel=?)", "RECURSIVE STEP", "SCAN heads",
                "CORRELATED SCALAR SUBQUERY 3", "SEARCH message USING INDEX message_share (channel=? AND share>?)",
                "SCAN heads",
            ]
        ),
        HotStatement("settle", "due = coalesce($5, due)", [byID]),
        HotStatement("fetch a large message", "SELECT document FROM content WHERE id", [content]),
        HotStatement(
            "insert an event",
            "INSERT INTO event",
            ["SCALAR SUBQUERY 1", "SEARCH event USING PRIMARY KEY (message=?)"]
        ),
        HotStatement("count an attempt", "INSERT INTO throughput", []),
        HotStatement(
            "take back",
            "coalesce(started_at, accepted_at), due, test",
            ["SEARCH message USING INDEX message_sending (channel=?)"]
        ),
        HotStatement(
            "expire",
            "SET state = 'expired'",
            [
                byID, "LIST SUBQUERY 2", "MATERIALIZE late",
                "SEARCH message USING INDEX message_expiring (expires>? AND expires<?)", "SCAN late",
            ]
        ),
        HotStatement(
            "find what is old",
            "ORDER BY finished_at LIMIT",
            [
                "SEARCH message USING INDEX message_finished (state=? AND finished_at>? AND finished_at<?)",
                "CORRELATED SCALAR SUBQUERY 1",
                "SEARCH legal_hold USING COVERING INDEX sqlite_autoindex_legal_hold_1 (address_key=?)",
            ]
        ),
        HotStatement("prune events", "DELETE FROM event", ["SEARCH event USING PRIMARY KEY (message=?)"]),
        HotStatement("prune contents", "DELETE FROM content", [content]),
        HotStatement("prune messages", "DELETE FROM message", [byID]),
        HotStatement(
            "look up opt-outs, one person's few sorted in memory",
            "FROM opt_out WHERE address_key = $1 ORDER BY id",
            [
                "SEARCH opt_out USING INDEX sqlite_autoindex_opt_out_1 (address_key=?)",
                "USE TEMP B-TREE FOR ORDER BY",
            ]
        ),
        HotStatement(
            "opt out",
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)\nON CONFLICT (address_key, channel, brand, category)",
            []
        ),
        HotStatement("opt out after a bounce", "SELECT address_key, channel, '', '', address_key, $4", [byID]),
        HotStatement("store content", "INSERT INTO content", []),
        HotStatement("store a message", "INSERT INTO message", []),
        HotStatement(
            "find the message of a key",
            "coalesce(accepted, document) FROM content WHERE key",
            ["SEARCH content USING INDEX content_key (key=?)"]
        ),
        HotStatement("show", "content.id = message.id WHERE message.id = $1", [byID, content] + language),
        list(
            "list, a page from an id downwards",
            .all,
            ["SEARCH message USING INTEGER PRIMARY KEY (rowid<?)", content]
        ),
        list(
            "list what a recipient was sent",
            .recipient,
            ["SEARCH message USING INDEX message_recipient (address_key=? AND rowid<?)", content]
        ),
        list(
            "list what a customer was sent",
            .customer,
            ["SEARCH content USING INDEX content_customer (customer=? AND rowid<?)", byID]
        ),
        list(
            "list what belongs to a conversation",
            .conversation,
            ["SEARCH content USING INDEX content_conversation (conversation=? AND rowid<?)", byID]
        ),
        HotStatement(
            "news that is due",
            "WHERE due <= $1 ORDER BY due",
            [
                "SEARCH news USING INDEX news_due (due<?)",
                "SEARCH subscription USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
            ]
        ),
        HotStatement(
            "news of a message that is underway",
            "WHERE conversation = $1 AND finished_at IS NULL",
            ["SEARCH content USING COVERING INDEX content_conversation (conversation=?)", byID]
        ),
        HotStatement(
            "news before other news",
            "message = $2 AND id < $3",
            [
                "SEARCH news USING COVERING INDEX news_message (subscription=? AND message=? AND id<?)"
            ]
        ),
        HotStatement(
            "evidence of a message",
            "FROM evidence WHERE message = $1",
            ["SEARCH evidence USING INDEX evidence_message (message=? AND chain=? AND number>?)"]
        ),
        HotStatement(
            "evidence in order",
            "number > $1 ORDER BY number LIMIT $2",
            ["SEARCH evidence USING PRIMARY KEY (chain=? AND number>?)"]
        ),
        HotStatement("cancel", "WHERE id = $1 AND state IN ('waiting', 'held')", [byID]),
        HotStatement("replay", "attempts = 0, finished_at = NULL", [byID]),
        HotStatement("approve", "ELSE $2 END, since = $2, reason = $3", [byID]),
        HotStatement("hold", "SET state = 'held'", [byID]),
    ]

    private static func list(_ name: String, _ path: MessageFilter.Path, _ plan: [String]) -> HotStatement {
        HotStatement(
            name,
            "= message.address_key) FROM \(path == .all || path == .recipient ? "message" : "content") JOIN "
                + "\(path == .all || path == .recipient ? "content ON content.id = message.id" : "message ON message.id = content.id")\n"
                + "WHERE \(MessageFilter.predicate(path)) AND",
            plan + language
        )
    }

    @Test("is a search in its index, and sorts nothing", arguments: hot)
    func isSearch(_ hot: HotStatement) async throws {
        let found = Statements.all.filter {
            $0.text(.sqlite).contains(hot.words) && !$0.text(.sqlite).hasPrefix("CREATE")
                && !$0.text(.sqlite).hasPrefix("ALTER")
        }
        try #require(found.count == 1, "\(hot.words) is in \(found.count) statements")
        let fixture = try await QueueFixture()
        #expect(try await plan(of: found[0], in: fixture) == hot.plan)
        try fixture.database.close()
    }

    @Test("reads a whole table only for small tables and for what a person asks")
    func scansKnowingly() async throws {
        let fixture = try await QueueFixture()
        var scanned: Set<String> = []
        for statement in Statements.all
        where !["CREATE", "ALTER", "DROP"].contains(where: statement.text(.sqlite).hasPrefix)
            && !statement.text(.sqlite).contains("pause_order")
            && !statement.text(.sqlite).hasSuffix("FROM person")
        {
            for line in try await plan(of: statement, in: fixture) {
                if let match = line.firstMatch(of: /^SCAN (message|content|event|opt_out)( USING .*)?$/) {
                    scanned.insert("\(match.output.1)\(match.output.2 ?? "")")
                }
            }
        }
        #expect(
            scanned.sorted() == [
                // Once, when an older database is brought up to date.
                "content",
                // Counts for a filter that a person gave.
                "message",
                // Counts for `status`: over what is live, and over the index of what is finished.
                "message USING COVERING INDEX message_finished", "message USING INDEX message_held",
                "message USING INDEX message_sending", "message USING INDEX message_share",
                // The newest few.
                "opt_out",
                "opt_out USING COVERING INDEX sqlite_autoindex_opt_out_1",
            ]
        )
        try fixture.database.close()
    }

    private func plan(of statement: Statement, in fixture: QueueFixture) async throws -> [String] {
        let text = statement.text(.sqlite)
        let placeholders = Set(text.matches(of: /\$[0-9]+/).map { String($0.output) })
        let explain = Statement("EXPLAIN QUERY PLAN \(text)")
        return try await fixture.database.write(.process) { transaction in
            try transaction.all(explain, Array(repeating: .null, count: placeholders.count)) { $0.text(3) }
        }
    }
}
