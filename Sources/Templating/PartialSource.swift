/// Where the words of `{{>name}}` come from. It is asked while a template is compiled, never while one is rendered.
public struct PartialSource: Sendable {
    public struct Partial: Sendable, Hashable {
        public var source: [UInt8]
        /// What errors call it.
        public var file: String

        public init(source: [UInt8], file: String) {
            self.source = source
            self.file = file
        }
    }

    /// There are no partials.
    public static let none = PartialSource { _ in nil }

    let find: @Sendable (String) -> Partial?

    /// - Parameter find: `nil` where there is no partial of that name. The same name always gives the same answer.
    public init(_ find: @escaping @Sendable (String) -> Partial?) {
        self.find = find
    }

    /// Partials by name, each called by its name in errors.
    public init(_ partials: [String: String]) {
        self.init { name in
            partials[name].map { Partial(source: Array($0.utf8), file: name) }
        }
    }
}
