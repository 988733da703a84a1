import Foundation
import Messaging
import Storage
import Testing

@testable import Messaging

@Suite("Every SQL statement")
struct StatementSyntaxTests {
    private static let all = Statements.all + Migration.ownStatements

    @Test("parses as PostgreSQL, by PostgreSQL's own parser")
    func parsesAsPostgreSQL() throws {
        let texts = StatementSyntaxTests.all.map { $0.text(.postgresql) }
        let output = try python(StatementSyntaxTests.script, input: JSONEncoder().encode(texts))
        #expect(
            output == "parsed \(texts.count)\n",
            "the parser is pglast: deploy/test installs it and sets DUNLIN_PYTHON"
        )
    }

    /// `CREATE INDEX ... WHERE` and `ON CONFLICT ... WHERE` count here as one each.
    @Test("is known to the lists that the tests read")
    func isListed() throws {
        let sources = try Repository.swiftFiles("Sources/Messaging").merging(
            try Repository.swiftFiles("Sources/Storage"),
            uniquingKeysWith: { first, _ in first }
        )
        let written = sources.filter { !$0.key.hasSuffix("/Statement.swift") }
            .mapValues { StatementSyntaxTests.constructions(in: $0) }
        let found = written.values.reduce(0, +)
        // A list of messages is searched along four paths, by three statements each.
        let sameLine = Queue.shapeColumns.count - 1 + 3 * (MessageFilter.Path.allCases.count - 1)
        #expect(
            found + sameLine == StatementSyntaxTests.all.count,
            "add the new statement to its file's list: \(written.filter { $0.value > 0 }.sorted { $0.key < $1.key })"
        )
    }

    @Test("stands in the lists once")
    func isListedOnce() {
        let texts = StatementSyntaxTests.all.map { $0.text(.sqlite) }
        #expect(Set(texts).count == texts.count)
    }

    @Test("numbers its placeholders from 1 without gaps")
    func numbersPlaceholders() {
        for text in StatementSyntaxTests.all.map({ $0.text(.sqlite) }) {
            let numbers = Set(text.matches(of: /\$([0-9]+)/).compactMap { Int($0.output.1) })
            #expect(numbers == Set(1..<numbers.count + 1), "\(text)")
        }
    }

    /// How often a file makes a `Statement`: by its initializer or by a trailing closure. A computed property of that type
    /// is none.
    private static func constructions(in source: String) -> Int {
        source.split(separator: "\n").reduce(0) { count, line in
            let code = line.drop { $0 == " " }
            guard !code.hasPrefix("//"), !code.contains(": Statement {"), !code.contains("class Statement") else {
                return count
            }
            return count + code.matches(of: /\bStatement(\(| \{)/).count
        }
    }

    private func python(_ script: String, input: Data) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [ProcessInfo.processInfo.environment["DUNLIN_PYTHON"] ?? "python3", "-c", script]
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stdout
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: input)
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    /// Reads a JSON list of texts; prints what does not parse as one statement, and how many did.
    private static let script = """
        import json, sys
        texts = json.load(sys.stdin)
        try:
            import pglast
        except ImportError:
            sys.exit("pglast is missing: run deploy/test")
        good = 0
        for text in texts:
            try:
                if len(pglast.parse_sql(text)) != 1:
                    raise ValueError("not one statement")
                good += 1
            except Exception as error:
                print(error, "in:", text)
        print("parsed", good)
        """
}
