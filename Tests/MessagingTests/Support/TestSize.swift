import Foundation

/// How large random tests are: `DUNLIN_TEST_SIZE` multiplies their steps, 1 unless it is set.
enum TestSize {
    static let factor = ProcessInfo.processInfo.environment["DUNLIN_TEST_SIZE"].flatMap(Int.init) ?? 1

    /// The seeds of a random test: the first `count`, and more with the size.
    static func seeds(_ count: Int) -> [UInt64] {
        (1...count * factor).map { UInt64($0) }
    }
}
