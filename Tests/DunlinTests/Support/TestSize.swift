import Foundation

/// How much the long tests do: `DUNLIN_TEST_SIZE`, a factor from 1 (the default).
enum TestSize {
    static let factor = max(1, Int(ProcessInfo.processInfo.environment["DUNLIN_TEST_SIZE"] ?? "") ?? 1)
}
