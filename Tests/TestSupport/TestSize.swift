import Foundation

/// How much the long tests do: `DUNLIN_TEST_SIZE`, a factor from 1 (the default).
public enum TestSize {
    public static let factor = max(1, Int(ProcessInfo.processInfo.environment["DUNLIN_TEST_SIZE"] ?? "") ?? 1)

    /// The seeds of a random test: the first `count`, and more with the size.
    public static func seeds(_ count: Int) -> [UInt64] {
        (1...count * factor).map { UInt64($0) }
    }
}
