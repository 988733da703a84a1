import Storage

/// A caller's right to use the HTTP interface. The secret itself is kept nowhere, only its SHA-256.
public struct Token: Sendable, Equatable {
    public let id: Int64
    public let name: String
    /// SHA-256 of the secret, 32 bytes.
    public let hash: [UInt8]
    public let scopes: Set<Scope>
    /// Messages that it hands in run the whole path into the outbox, whatever the transports say.
    public let isTest: Bool
    /// Messages a second that it may hand in; `nil` for no limit.
    public let rate: Int?
    /// Milliseconds since 1970, UTC, as all here.
    public let createdAt: Int64
    /// To the minute.
    public let usedAt: Int64?
    public let revokedAt: Int64?

    /// What a message's story says of whom it came from.
    public var origin: String { "token \(name)" }

    init(_ row: any Row) {
        id = row.integer(0)
        name = row.text(1)
        hash = row.bytes(2)
        scopes = Set(row.text(3).split(separator: ",").compactMap { Scope(rawValue: String($0)) })
        isTest = row.integer(4) != 0
        rate = row.optionalInteger(5).map(Int.init)
        createdAt = row.integer(6)
        usedAt = row.optionalInteger(7)
        revokedAt = row.optionalInteger(8)
    }
}
