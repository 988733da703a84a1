import Storage

/// A wish for a part of what a limit allows in an hour or a day.
///
/// A worker takes such parts before it uses them, so that a crash forgets what was left of one and never what was sent.
struct Reservation: Sendable, Equatable {
    let channel: Channel
    /// The limit's.
    let name: String
    /// When the hour or the day began: milliseconds since 1970, UTC.
    let began: Int64
    let amount: Int
    /// What the limit allows in all.
    let most: Int

    private static let used = Statement("SELECT used FROM allowance WHERE channel = $1 AND name = $2 AND began = $3")
    private static let put = Statement(
        """
        INSERT INTO allowance (channel, name, began, used) VALUES ($1, $2, $3, $4)
        ON CONFLICT (channel, name, began) DO UPDATE SET used = excluded.used WHERE allowance.used = $5
        """
    )
    private static let forget = Statement("DELETE FROM allowance WHERE began < $1")

    private static let old = Statement("SELECT 1 FROM allowance WHERE began < $1 LIMIT 1")

    static let statements = [used, put, forget, old]

    /// - Returns: how much of it was granted; 0 when all is taken.
    func take(_ transaction: any Transaction) throws -> Int {
        let key: [SQLValue] = [.text(channel.rawValue), .text(name), .integer(began)]
        let used = try transaction.first(Reservation.used, key) { $0.integer(0) } ?? 0
        let granted = min(Int64(amount), max(0, Int64(most) - used))
        guard granted > 0 else { return 0 }
        let changed = try transaction.execute(Reservation.put, key + [.integer(used + granted), .integer(used)])
        return changed > 0 ? Int(granted) : 0
    }

    /// Forgets hours and days that are over.
    static func forget(before time: Int64, _ database: any Database) async throws {
        guard try await database.read({ try $0.first(old, [.integer(time)]) { _ in true } ?? false }) else { return }
        _ = try await database.write(.process) { try $0.execute(forget, [.integer(time)]) }
    }
}
