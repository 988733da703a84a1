/// How large and how deep a document may be.
public struct JSONLimits: Sendable, Hashable {
    /// The most bytes a document may have; never more than 256 MiB.
    public var bytes: Int
    /// The most arrays and objects that may stand one inside another: `[[1]]` has a depth of 2.
    public var depth: Int

    /// 32 MiB and 64 levels.
    public static let standard = JSONLimits()

    public init(bytes: Int = 32 << 20, depth: Int = 64) {
        self.bytes = min(bytes, 256 << 20)
        self.depth = depth
    }
}
