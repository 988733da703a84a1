/// What a template may take, so that none can exhaust the process, whoever wrote it.
public struct TemplateLimits: Sendable, Hashable {
    /// The most bytes that a template and all its partials may have together.
    public var sourceBytes: Int
    /// The most sections and partials that may be open at once while rendering, at most 256.
    public var depth: Int
    /// The most bytes that one rendering may append.
    public var outputBytes: Int
    /// The most instructions of one rendering, those of a list's section counted once for each item.
    public var steps: Int

    /// 1 MiB of source, 64 levels, 4 MiB of output, 1 million steps (some tens of milliseconds).
    public static let standard = TemplateLimits()

    public init(
        sourceBytes: Int = 1 << 20,
        depth: Int = 64,
        outputBytes: Int = 4 << 20,
        steps: Int = 1_000_000
    ) {
        self.sourceBytes = sourceBytes
        self.depth = min(max(depth, 0), 256)
        self.outputBytes = outputBytes
        self.steps = steps
    }
}
