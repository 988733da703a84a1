import Foundation
import Storage

/// The worker processes and their lanes, as they tell of themselves for `status`.
struct Nodes: Sendable {
    let database: any Database

    private static let register = Statement(
        "INSERT INTO node (name, started_at, heartbeat_at) VALUES ($1, $2, $2) RETURNING id"
    )
    private static let beat = Statement("UPDATE node SET heartbeat_at = $2 WHERE id = $1")
    private static let stop = Statement("UPDATE node SET stopped_at = $2, heartbeat_at = $2 WHERE id = $1")
    private static let forget = Statement("DELETE FROM node WHERE heartbeat_at < $1")
    private static let forgetLanes = Statement("DELETE FROM lane WHERE node <> $1")
    private static let putLane = Statement(
        """
        INSERT INTO lane (node, name, channel, state, since, reason, connections, in_flight, detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (node, channel, name) DO UPDATE SET state = excluded.state, reason = excluded.reason,
            since = CASE WHEN lane.state = excluded.state THEN lane.since ELSE excluded.since END,
            connections = excluded.connections, in_flight = excluded.in_flight,
            detail = excluded.detail
        """
    )
    private static let newest = Statement(
        "SELECT id, name, started_at, heartbeat_at, stopped_at FROM node ORDER BY id DESC LIMIT 1"
    )
    private static let lanes = Statement(
        "SELECT name, channel, state, since, reason, connections, in_flight, detail FROM lane ORDER BY channel, name"
    )

    private static let forgetLimits = Statement("DELETE FROM limiter")
    private static let putLimit = Statement("INSERT INTO limiter (node, channel, name, detail) VALUES ($1, $2, $3, $4)")
    private static let limits = Statement("SELECT detail FROM limiter ORDER BY channel, name")

    static let statements =
        [register, beat, stop, forget, forgetLanes, putLane, newest, lanes, forgetLimits, putLimit, limits]

    /// A month.
    private static let memory: Int64 = 30 * 86_400_000

    func register(_ name: String) async throws -> Int64 {
        try await database.write(.process) { transaction in
            try transaction.execute(Nodes.forget, [.integer(transaction.now - Nodes.memory)])
            let id =
                try transaction.first(Nodes.register, [.text(name), .integer(transaction.now)]) { $0.integer(0) } ?? 0
            try transaction.execute(Nodes.forgetLanes, [.integer(id)])
            return id
        }
    }

    func beat(_ node: Int64, _ lanes: [LaneReport], _ limits: [LimitReport]) async throws {
        try await database.write(.process) { transaction in
            try transaction.execute(Nodes.beat, [.integer(node), .integer(transaction.now)])
            try transaction.batch(
                Nodes.putLane,
                lanes.map { lane in
                    [
                        .integer(node), .text(lane.name), .text(lane.channel.rawValue), .text(lane.state.rawValue),
                        .integer(transaction.now), .optional(lane.reason), .integer(Int64(lane.connections)),
                        .integer(Int64(lane.inFlight)), .text(Nodes.json(lane.detail)),
                    ]
                }
            )
            try transaction.execute(Nodes.forgetLimits, [])
            try transaction.batch(
                Nodes.putLimit,
                limits.map {
                    [.integer(node), .text($0.channel.rawValue), .text($0.name), .text(Nodes.json($0))]
                }
            )
        }
    }

    func stop(_ node: Int64) async throws {
        try await database.write(.process) {
            _ = try $0.execute(Nodes.stop, [.integer(node), .integer($0.now)])
        }
    }

    static func newest(_ connection: any Connection) throws -> NodeReport? {
        try connection.first(newest) { row in
            NodeReport(
                name: row.text(1),
                startedAt: row.integer(2),
                heartbeatAt: row.integer(3),
                stoppedAt: row.optionalInteger(4)
            )
        }
    }

    private static func json(_ value: some Encodable) -> String {
        (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ text: String?) -> Value? {
        text.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    static func limits(_ connection: any Connection) throws -> [LimitReport] {
        try connection.all(limits) { decode(LimitReport.self, $0.text(0)) }.compactMap(\.self)
    }

    static func lanes(_ connection: any Connection) throws -> [LaneReport] {
        try connection.all(lanes) { row in
            LaneReport(
                name: row.text(0),
                channel: Channel(rawValue: row.text(1)) ?? .email,
                state: LaneReport.State(rawValue: row.text(2)) ?? .stopped,
                since: row.integer(3),
                reason: row.optionalText(4),
                connections: Int(row.integer(5)),
                inFlight: Int(row.integer(6)),
                detail: decode(LaneReport.Detail.self, row.optionalText(7)) ?? .init()
            )
        }
    }
}
