/// Shares out what may start now between those who have something to send, by weight.
///
/// Everybody's credit grows by its part of what is shared out; who has most is served first, and what it gets is taken off.
/// So nobody waits longer than it takes the others to send what their weights allow them meanwhile (deficit round robin:
/// Shreedhar, Varghese, "Efficient fair queuing", 1995).
struct FairShare: Sendable {
    private var credit: [String: Double] = [:]

    /// - Parameter active: who has something to send, and how much more than others; each weight is above 0.
    /// - Returns: how many each may start; together they are `room`.
    mutating func grants(_ room: Int, _ active: [(name: String, weight: Double)]) -> [Int] {
        if active.count == 1 {
            credit = [:]
            return [room]
        }
        let sum = active.reduce(0) { $0 + $1.weight }
        var credits = active.map { (credit[$0.name] ?? 0) + Double(room) * $0.weight / sum }
        var grants = credits.map { max(0, Int($0)) }
        var left = room - grants.reduce(0, +)
        while left < 0, let index = grants.indices.max(by: { grants[$0] < grants[$1] }) {
            grants[index] -= 1
            left += 1
        }
        while left > 0 {
            let index = grants.indices.max { credits[$0] - Double(grants[$0]) < credits[$1] - Double(grants[$1]) } ?? 0
            grants[index] += 1
            left -= 1
        }
        credit = [:]
        for index in credits.indices {
            credits[index] -= Double(grants[index])
            credit[active[index].name] = credits[index]
        }
        return grants
    }
}
