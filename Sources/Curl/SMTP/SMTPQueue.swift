/// Submissions that wait for a session, oldest first.
struct SMTPQueue {
    private var items: [SMTPSubmission?] = []
    private var head = 0

    var count: Int { items.count - head }
    var isEmpty: Bool { head == items.count }
    var first: SMTPSubmission? { isEmpty ? nil : items[head] }

    mutating func append(_ batch: [SMTPSubmission]) {
        items.reserveCapacity(items.count + batch.count)
        for submission in batch { items.append(submission) }
    }

    /// Puts back what has come from this queue.
    mutating func prepend(_ batch: [SMTPSubmission]) {
        items.replaceSubrange(..<head, with: batch)
        head = 0
    }

    mutating func popFirst() -> SMTPSubmission? {
        guard !isEmpty else { return nil }
        let submission = items[head].take()
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= items.count {
            items.removeSubrange(..<head)
            head = 0
        }
        return submission
    }

    mutating func removeAll() -> [SMTPSubmission] {
        defer {
            items = []
            head = 0
        }
        return items[head...].compactMap { $0 }
    }
}
