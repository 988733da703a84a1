public import Storage

/// A person's word that a lane, or a channel, sends nothing for a while; what arrives meanwhile waits.
public struct Pause: Sendable, Equatable {
    public let channel: Channel
    /// `nil` for all lanes of the channel.
    public let lane: String?
    public let reason: String
    public let by: String
    public let since: Int64
    /// Milliseconds since 1970, UTC; `nil` until somebody resumes it.
    public let until: Int64?

    func covers(_ channel: Channel, _ lane: String, now: Int64) -> Bool {
        self.channel == channel && (self.lane.map { $0 == lane } ?? true) && (until.map { $0 > now } ?? true)
    }
}

/// The table of pauses.
public struct Pauses: Sendable {
    let database: any Database
    private let bell: Bell

    public init(_ queue: Queue) {
        database = queue.database
        bell = queue.bell
    }

    private static let list = Statement(
        "SELECT channel, lane, reason, actor, at, until FROM pause ORDER BY channel, lane"
    )
    private static let put = Statement(
        """
        INSERT INTO pause (channel, lane, reason, actor, at, until) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (channel, lane) DO UPDATE SET reason = excluded.reason, actor = excluded.actor, at = excluded.at,
            until = excluded.until
        """
    )
    private static let delete = Statement("DELETE FROM pause WHERE channel = $1 AND lane = $2")

    static let statements = [list, put, delete]

    /// Those that hold now.
    public func list(now: Int64) async throws -> [Pause] {
        try await database.read { try Pauses.list($0) }.filter { $0.until.map { $0 > now } ?? true }
    }

    static func list(_ connection: any Connection) throws -> [Pause] {
        try connection.all(list) { row in
            Pause(
                channel: Channel(rawValue: row.text(0)) ?? .email,
                lane: row.text(1).isEmpty ? nil : row.text(1),
                reason: row.text(2),
                by: row.text(3),
                since: row.integer(4),
                until: row.optionalInteger(5)
            )
        }
    }

    /// - Parameters:
    ///   - lane: `nil` for the whole channel.
    ///   - milliseconds: how long; `nil` until it is resumed.
    public func pause(
        _ channel: Channel,
        lane: String?,
        reason: String,
        milliseconds: Int64?,
        by: String
    ) async throws {
        defer { bell.ring(Bell.anything) }
        try await database.write(.power) { transaction in
            let until = milliseconds.map { transaction.now + $0 }
            try transaction.execute(
                Pauses.put,
                [
                    .text(channel.rawValue), .text(lane ?? ""), .text(reason), .text(by), .integer(transaction.now),
                    .optional(until),
                ]
            )
            let detail = reason + (until.map { " until \(Timestamp.text($0))" } ?? "")
            try AuditEntry.write(.lanePaused, Pauses.name(channel, lane), detail, by: by, transaction)
        }
    }

    /// - Returns: whether it was paused.
    public func resume(_ channel: Channel, lane: String?, by: String) async throws -> Bool {
        defer { bell.ring(Bell.anything) }
        return try await database.write(.power) { transaction in
            let count = try transaction.execute(Pauses.delete, [.text(channel.rawValue), .text(lane ?? "")])
            guard count > 0 else { return false }
            try AuditEntry.write(.laneResumed, Pauses.name(channel, lane), by: by, transaction)
            return true
        }
    }

    private static func name(_ channel: Channel, _ lane: String?) -> String {
        channel.rawValue + (lane.map { "/\($0)" } ?? "")
    }
}
