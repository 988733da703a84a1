public import JSON

/// What is known of somebody at an address.
public struct PersonFacts: Sendable, Equatable {
    /// Whose address it is.
    public enum Kind: String, Sendable, CaseIterable {
        case personal
        /// An employer gives it, and may read it.
        case work
        /// Others read it too.
        case shared
    }

    public var kind: Kind?
    /// A language tag such as `de`: Dunlin's own words to them are in it, and messages that name none.
    public var language: String?
    /// Time zones in which they may be: these count, and none that follows from a number.
    public var zones: [String] = []

    public init(kind: Kind? = nil, language: String? = nil, zones: [String] = []) {
        self.kind = kind
        self.language = language
        self.zones = zones
    }

    var isEmpty: Bool { kind == nil && language == nil && zones.isEmpty }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let kind { writer.member("kind", kind.rawValue) }
        if let language { writer.member("language", language) }
        if !zones.isEmpty { writer.member("time_zones", zones.joined(separator: ",")) }
        writer.endObject()
    }
}
