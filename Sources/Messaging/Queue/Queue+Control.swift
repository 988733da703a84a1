import Storage

extension Queue {
    /// Does what a person asked for, durably.
    ///
    /// - Parameter by: who asked, for the message's story.
    /// - Returns: the ids that it was done to; the others were in another state.
    public func perform(_ action: MessageAction, on ids: [Int64], by: String) async throws -> [Int64] {
        defer { bell.ring(Bell.anything) }
        return try await database.write(.power) { transaction in
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

    /// How many messages ``perform(_:onAll:by:)`` would be done to.
    public func count(_ action: MessageAction, onAll filter: MessageFilter) async throws -> Int64 {
        var count: Int64 = 0
        for filter in Queue.narrow(filter, to: action) { count += try await self.count(filter) }
        return count
    }

    /// The same to every message that a filter means and whose state allows it, in batches: should it be interrupted, what
    /// was done stays done, and it can be asked again.
    ///
    /// - Returns: the ids that it was done to.
    public func perform(_ action: MessageAction, onAll filter: MessageFilter, by: String) async throws -> [Int64] {
        var done: [Int64] = []
        for filter in Queue.narrow(filter, to: action) {
            var before = Int64.max
            while true {
                let ids = try await ids(filter, before: before, limit: 1000)
                guard let last = ids.last else { break }
                done += try await perform(action, on: ids, by: by)
                before = last
            }
        }
        return done
    }

    /// The filter once for each state that the action starts from.
    private static func narrow(_ filter: MessageFilter, to action: MessageAction) -> [MessageFilter] {
        action.from.filter { filter.state == nil || filter.state == $0 }.map { state in
            var filter = filter
            filter.state = state
            return filter
        }
    }
}
