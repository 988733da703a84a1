import Crypto
import Foundation
public import JSON
public import Storage

/// What was decided and done, in a chain that shows every change: who was written to and why, who was not, and who said no.
///
/// Each row's hash is over the digest of its words and the hash before it. Words can be erased when the law asks for that: the
/// digest stays, and with it the chain. A tail that was cut off shows against a head that was kept elsewhere.
public struct Evidence: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    public enum Kind: String, Sendable {
        /// An attempt that may have reached somebody.
        case attempt
        /// The gate ended or deferred a message.
        case decision
        case optOut = "opt_out"
        case optOutRemoved = "opt_out_removed"
        case consent
        /// What keeps a person from being written to, and its end.
        case stop
        case stopRemoved = "stop_removed"
        /// Words of earlier rows were erased, as the law asks.
        case erasure
    }

    /// What is to be kept.
    struct Entry: Sendable {
        let kind: Kind
        let message: Int64?
        let addressKey: String
        /// JSON.
        let body: [UInt8]
    }

    /// A row as it stands.
    public struct Row: Sendable {
        public let number: Int64
        public let at: Int64
        public let kind: String
        public let message: Int64?
        let addressKey: String?
        /// JSON; `nil` where it was erased.
        public let body: String?
        let digest: [UInt8]
        let hash: [UInt8]

        /// In hexadecimal.
        public var hashText: String { hash.hexadecimal }

        public func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("number", number)
            writer.member("at", Timestamp.text(at))
            writer.member("kind", kind)
            if let message { writer.member("message", message) }
            if let body {
                writer.name("body")
                writer.raw(Array(body.utf8))
            }
            writer.member("digest", digest.hexadecimal)
            writer.member("hash", hash.hexadecimal)
            writer.endObject()
        }
    }

    private static let columns = "number, at, kind, message, body, digest, hash, address_key"
    private static let last = Statement(
        "SELECT \(columns) FROM evidence WHERE chain = 0 ORDER BY number DESC LIMIT 1"
    )
    private static let insert = Statement(insertion(of: 1))
    /// A statement has its price beside that of its rows.
    private static let insertMany = Statement(insertion(of: many))
    private static let many = 8

    private static func insertion(of rows: Int) -> String {
        "INSERT INTO evidence (chain, number, at, kind, message, address_key, body, digest, hash) VALUES "
            + (0..<rows).map { row in "(0, " + (1...8).map { "$\(8 * row + $0)" }.joined(separator: ", ") + ")" }
            .joined(separator: ", ")
    }

    private static let page = Statement(
        "SELECT \(columns) FROM evidence WHERE chain = 0 AND number > $1 ORDER BY number LIMIT $2"
    )
    private static let ofMessage = Statement(
        "SELECT \(columns) FROM evidence WHERE message = $1 AND chain = 0 AND number > 0 ORDER BY number"
    )
    private static let ofPerson = Statement(
        "SELECT \(columns) FROM evidence WHERE chain = 0 AND number > $1 AND address_key = $2 ORDER BY number LIMIT $3"
    )

    private static let strangers = Statement("SELECT count(*) FROM evidence WHERE chain <> 0 OR number < 1")
    private static let erase = Statement(
        """
        UPDATE evidence SET body = NULL, address_key = NULL
        WHERE address_key = $1 AND chain = 0 AND body IS NOT NULL AND kind IN ('attempt', 'decision')
        RETURNING number
        """
    )

    /// What is older than a time, in order; none of whom a message is still kept, and none that is held.
    private static let old = Statement(
        """
        SELECT number FROM evidence
        WHERE chain = 0 AND number > $1 AND number < $2 AND body IS NOT NULL AND kind IN ('attempt', 'decision')
            AND NOT EXISTS (SELECT 1 FROM message WHERE message.address_key = evidence.address_key)
            AND NOT EXISTS (SELECT 1 FROM legal_hold WHERE legal_hold.address_key = evidence.address_key)
        ORDER BY number LIMIT $3
        """
    )
    private static let eraseRow = Statement(
        "UPDATE evidence SET body = NULL, address_key = NULL WHERE chain = 0 AND number = $1"
    )

    private static let next = Statement(
        "SELECT number, at FROM evidence WHERE chain = 0 AND number >= $1 ORDER BY number LIMIT 1"
    )

    static let statements = [
        last, insert, insertMany, page, ofMessage, ofPerson, strangers, erase, old, eraseRow, next,
    ]

    /// Before the first row.
    static let origin = [UInt8](repeating: 0, count: 32)

    // MARK: - Keeping

    static func append(_ entries: [Entry], _ transaction: any Transaction) throws {
        guard !entries.isEmpty else { return }
        let last = try transaction.first(last, [], row)
        var (number, hash) = (last?.number ?? 0, last?.hash ?? origin)
        let now = transaction.now
        var start = 0
        while start < entries.count {
            let count = entries.count - start < many ? 1 : many
            var values: [SQLValue] = []
            values.reserveCapacity(8 * count)
            for entry in entries[start..<start + count] {
                number += 1
                let digest = SHA256.hash(data: entry.body).bytes
                hash = link(hash, number, now, entry.kind.rawValue, entry.message, digest)
                values += [
                    .integer(number), .integer(now), .text(entry.kind.rawValue), .optional(entry.message),
                    .text(entry.addressKey), .utf8(entry.body), .bytes(digest), .bytes(hash),
                ]
            }
            try transaction.execute(count == 1 ? insert : insertMany, values)
            start += count
        }
    }

    /// Erases the words of what was sent to an address, and keeps which rows they were.
    ///
    /// - Returns: how many.
    static func erase(_ addressKey: String, _ transaction: any Transaction) throws -> Int {
        var numbers: [Int64] = []
        try transaction.query(erase, [.text(addressKey)]) { numbers.append($0.integer(0)) }
        try record(numbers, transaction)
        return numbers.count
    }

    /// Erases the words of what is older than a time, of whom nobody writes to any more.
    ///
    /// - Parameter after: only rows after this one.
    /// - Returns: the last row that was erased; `nil` where none is left.
    func eraseOld(before time: Int64, after: Int64, limit: Int) async throws -> Int64? {
        let numbers = try await database.read { connection in
            let end = try Evidence.first(from: time, connection)
            let values: [SQLValue] = [.integer(after), .integer(end), .integer(Int64(limit))]
            return try connection.all(Evidence.old, values) { $0.integer(0) }
        }
        guard !numbers.isEmpty else { return nil }
        return try await database.write(.process) { transaction in
            try transaction.batch(Evidence.eraseRow, numbers.map { [.integer($0)] })
            try Evidence.record(numbers, transaction)
            return numbers.last
        }
    }

    /// The number of the first row from a time on: numbers and times rise together.
    private static func first(from time: Int64, _ connection: any Connection) throws -> Int64 {
        var (low, high): (Int64, Int64) = (1, (try connection.first(last, [], row)?.number ?? 0) + 1)
        while low < high {
            let middle = low + (high - low) / 2
            let found = try connection.first(next, [.integer(middle)]) { ($0.integer(0), $0.integer(1)) }
            if let found, found.1 < time { low = found.0 + 1 } else { high = middle }
        }
        return low
    }

    /// Keeps which rows were erased.
    private static func record(_ numbers: [Int64], _ transaction: any Transaction) throws {
        guard !numbers.isEmpty else { return }
        let body = JSONWriter.text { writer in
            writer.beginObject()
            writer.name("rows")
            writer.beginArray()
            for number in numbers.sorted() { writer.integer(number) }
            writer.endArray()
            writer.endObject()
        }
        try append([Entry(kind: .erasure, message: nil, addressKey: "", body: Array(body.utf8))], transaction)
    }

    /// The hash of a row, over all that must not change.
    private static func link(
        _ before: [UInt8],
        _ number: Int64,
        _ at: Int64,
        _ kind: String,
        _ message: Int64?,
        _ digest: [UInt8]
    ) -> [UInt8] {
        var bytes = before
        bytes.reserveCapacity(128)
        for value in [number, at, message ?? 0] {
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: kind.utf8)
        bytes.append(0)
        bytes += digest
        return SHA256.hash(data: bytes).bytes
    }

    private static func row(_ row: any Storage.Row) -> Row {
        Row(
            number: row.integer(0),
            at: row.integer(1),
            kind: row.text(2),
            message: row.optionalInteger(3),
            addressKey: row.optionalText(7),
            body: row.optionalText(4),
            digest: row.bytes(5),
            hash: row.bytes(6)
        )
    }

    // MARK: - Looking

    /// The newest row, to be kept elsewhere; `nil` while there is none.
    public func head() async throws -> Row? {
        try await database.read { try $0.first(Evidence.last, [], Evidence.row) }
    }

    public func of(message: Int64) async throws -> [Row] {
        try await database.read { try $0.all(Evidence.ofMessage, [.integer(message)], Evidence.row) }
    }

    /// All about an address, oldest first.
    public func of(addressKey: String, _ body: (Row) -> Void) async throws {
        try await each(Evidence.ofPerson, [.text(addressKey)], body)
    }

    private static let batch: Int64 = 1000

    private func each(_ statement: Statement, _ values: [SQLValue], _ body: (Row) -> Void) async throws {
        var after: Int64 = 0
        while true {
            let rows = try await database.read { [after] in
                try $0.all(statement, [.integer(after)] + values + [.integer(Evidence.batch)], Evidence.row)
            }
            rows.forEach(body)
            guard rows.count == Int(Evidence.batch), let last = rows.last else { return }
            after = last.number
        }
    }

    // MARK: - Verifying

    public struct Verification: Sendable, Equatable {
        public var rows: Int64 = 0
        public var erased: Int64 = 0
        /// What is wrong, each with the row's number.
        public var faults: [String] = []
    }

    /// Goes through the whole chain.
    ///
    /// - Parameters:
    ///   - known: a head that was kept elsewhere, as number and hash in hexadecimal.
    ///   - progress: is told how many rows were looked at.
    public func verify(
        known: (number: Int64, hash: String)? = nil,
        progress: (Int64) -> Void = { _ in }
    ) async throws -> Verification {
        var verification = Verification()
        var expected: Int64 = 1
        var hash = Evidence.origin
        var isKnownThere = known == nil
        var (erased, recorded): (Set<Int64>, Set<Int64>) = ([], [])
        try await each(Evidence.page, []) { row in
            if row.number != expected {
                verification.faults.append(
                    row.number == expected + 1
                        ? "row \(expected) is missing" : "rows \(expected) to \(row.number - 1) are missing"
                )
            }
            let linked = Evidence.link(hash, row.number, row.at, row.kind, row.message, row.digest)
            if linked != row.hash, row.number == expected {
                verification.faults.append("row \(row.number) does not follow from the one before it")
            }
            if let body = row.body {
                if SHA256.hash(data: Data(body.utf8)).bytes != row.digest {
                    verification.faults.append("row \(row.number): its words were changed")
                }
                let words = try? JSONValue.parse(Array(body.utf8))
                if let of = words?["to"]?.string ?? words?["key"]?.string, of != row.addressKey {
                    verification.faults.append("row \(row.number): whom it is about was changed")
                }
                if row.kind == Kind.erasure.rawValue {
                    recorded.formUnion(words?["rows"]?.elements.compactMap(\.integer) ?? [])
                }
            } else {
                verification.erased += 1
                erased.insert(row.number)
            }
            if let known, known.number == row.number {
                isKnownThere = true
                if known.hash != row.hash.hexadecimal {
                    verification.faults.append("row \(row.number) is not the head that was kept")
                }
            }
            // Goes on from what stands there: one fault is told once.
            hash = row.hash
            expected = row.number + 1
            verification.rows += 1
            if verification.rows % 1000 == 0 { progress(verification.rows) }
        }
        for number in erased.subtracting(recorded).sorted() {
            verification.faults.append("row \(number): its words were taken out, and no erasure is recorded")
        }
        let strangers = try await database.read { try $0.first(Evidence.strangers, []) { $0.integer(0) } ?? 0 }
        if strangers > 0 { verification.faults.append("\(strangers) rows stand outside of the chain") }
        if let known, !isKnownThere {
            verification.faults.append("row \(known.number), a head that was kept, is missing: the end was cut off")
        }
        return verification
    }
}

extension SHA256Digest {
    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension [UInt8] {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(count * 2)
        for byte in self {
            digits.append(byte.highHexadecimalDigit | 0x20)
            digits.append(byte.lowHexadecimalDigit | 0x20)
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
