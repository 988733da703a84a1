import Synchronization

/// One SQL statement, prepared once per connection and found again by its number, not by its text.
///
/// Placeholders are `$1`, `$2`, ...: PostgreSQL's own form, and a named parameter to SQLite. States in the predicates of
/// partial indexes stand as literals, because bound values hide them from SQLite's planner
/// (<https://www.sqlite.org/partialindex.html>, section 3).
public final class Statement: Sendable {
    private static let numbers = Atomic<Int>(0)

    let number: Int
    private let texts: (sqlite: String, postgresql: String)

    /// - Parameter text: the SQL for a dialect; called once for each.
    public init(_ text: (Dialect) -> String) {
        number = Statement.numbers.wrappingAdd(1, ordering: .relaxed).oldValue
        texts = (text(.sqlite), text(.postgresql))
    }

    public convenience init(_ text: String) {
        self.init { _ in text }
    }

    public func text(_ dialect: Dialect) -> String {
        switch dialect {
        case .sqlite: texts.sqlite
        case .postgresql: texts.postgresql
        }
    }
}
