/// Looks again and again until `look` gives something, and gives that; throws when the time is up.
///
/// The time only bounds how long a broken program is waited for. Nothing is concluded from how long it took.
func eventually<Found>(
    _ what: String,
    within limit: Duration = .seconds(120),
    _ look: () async throws -> Found?
) async throws -> Found {
    let deadline = ContinuousClock.now + limit
    while true {
        if let found = try await look() { return found }
        guard ContinuousClock.now < deadline else { throw Complaint("it never came: \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// The same for a condition.
func eventually(
    _ what: String,
    within limit: Duration = .seconds(120),
    _ holds: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what, within: limit) { try await holds() ? () : nil }
}
