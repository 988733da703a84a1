/// Email domains by name, or with all below them: `example.com`, `*.example.com`.
public struct DomainSet: Sendable, Equatable {
    /// As they were written, in A-labels.
    public let patterns: [String]
    private let exact: Set<String>
    private let parents: Set<String>

    /// Throws where a pattern is no domain.
    public init(_ patterns: [String]) throws(Rejection) {
        var exact: Set<String> = []
        var parents: Set<String> = []
        var names: [String] = []
        for pattern in patterns {
            let isParent = pattern.hasPrefix("*.")
            let name = isParent ? String(pattern.dropFirst(2)) : pattern
            guard name.contains("."), let domain = try? DomainName.parse(Array(name.utf8).span).ascii else {
                throw Rejection("", "'\(pattern)' is no domain: write example.com, or *.example.com for all below it")
            }
            if isParent { parents.insert(domain) } else { exact.insert(domain) }
            names.append(isParent ? "*.\(domain)" : domain)
        }
        self.exact = exact
        self.parents = parents
        self.patterns = names
    }

    /// - Parameter domain: lowercase, in A-labels.
    func contains(_ domain: String) -> Bool {
        if exact.contains(domain) { return true }
        guard !parents.isEmpty else { return false }
        var rest = domain[...]
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            if parents.contains(String(rest)) { return true }
        }
        return false
    }
}
