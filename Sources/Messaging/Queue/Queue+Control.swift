import Storage

extension Queue {
    /// Does what a person asked for, durably.
    ///
    /// - Parameter by: who asked, for the message's story.
    /// - Returns: the ids that it was done to; the others were in another state.
    public func perform(_ action: MessageAction, on ids: [Int64], by: String) async throws -> [Int64] {
        try await database.write(.power) { transaction in
            let changes = try transaction.batch(
                action.statement,
                ids.map { [.integer($0), .integer(transaction.now), .text("\(action.event.rawValue) by \(by)")] }
            )
            let done = zip(ids, changes).filter { $0.1 > 0 }.map(\.0)
            try Event.insert(
                done.map { Event(message: $0, at: transaction.now, kind: action.event, detail: "by \(by)") },
                transaction
            )
            return done
        }
    }
}
