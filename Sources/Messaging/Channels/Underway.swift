/// Deliveries of a transport that are on the wire, and who waits for their end. Each ends once.
struct Underway {
    private var ids: Set<Int64> = []
    private var closing: CheckedContinuation<Void, Never>?

    var count: Int { ids.count }

    func contains(_ id: Int64) -> Bool { ids.contains(id) }

    mutating func begin(_ id: Int64) { ids.insert(id) }

    /// - Returns: `isOurs` is false for one that a stop has cut before; `closing` is to be resumed once its end is reported.
    mutating func end(_ id: Int64) -> (isOurs: Bool, closing: CheckedContinuation<Void, Never>?) {
        guard ids.remove(id) != nil else { return (false, nil) }
        guard ids.isEmpty else { return (true, nil) }
        defer { closing = nil }
        return (true, closing)
    }

    /// Ends all at once.
    mutating func cut() -> (ids: Set<Int64>, closing: CheckedContinuation<Void, Never>?) {
        defer { self = Underway() }
        return (ids, closing)
    }

    /// - Returns: false where nothing is underway, so that nobody will resume it.
    mutating func wait(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        guard !ids.isEmpty else { return false }
        closing = continuation
        return true
    }
}
