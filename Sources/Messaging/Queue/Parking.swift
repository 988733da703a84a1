/// A hand-off that a limit keeps: it waits again, out of the way of the others.
struct Parking: Sendable {
    let handOff: HandOff
    let share: Share

    /// Messages to one domain that stand right behind one that was parked, and would only be claimed to be parked too.
    struct Move: Hashable, Sendable {
        let from: Share
        let to: Share
        let priority: Int
        let domain: String

        /// How many messages are looked through.
        static let reach: Int64 = 5000
    }
}
