public import JSON

/// What became of messages that were handed in, counted.
public struct IntakeCounts: Sendable, Equatable {
    public var accepted = 0
    public var duplicate = 0
    public var conflict = 0
    public var rejected = 0

    public init() {}

    /// Neither stored nor there already.
    public var bad: Int { conflict + rejected }
    public var good: Int { accepted + duplicate }

    public var members: [(name: String, value: Int)] {
        [("accepted", accepted), ("duplicate", duplicate), ("conflict", conflict), ("rejected", rejected)]
    }

    public mutating func add(_ receipt: Receipt) {
        switch receipt {
        case .accepted: accepted += 1
        case .duplicate: duplicate += 1
        case .conflict: conflict += 1
        case .refused: rejected += 1
        }
    }

    /// Members of an object that is open.
    public func write(to writer: inout JSONWriter) {
        for (name, value) in members { writer.member(name, value) }
    }
}
