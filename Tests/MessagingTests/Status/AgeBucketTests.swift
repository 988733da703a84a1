import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("The backlog by age")
struct AgeBucketTests {
    private static let minute: Int64 = 60_000

    @Test("the buckets double, as qshape's do")
    func titles() {
        #expect(AgeBucket.titles == ["5", "10", "20", "40", "80", "160", "320", "640", "1280", "1280+"])
        #expect(AgeBucket.count == 10)
    }

    @Test(
        "an age falls into the first bucket that it is younger than",
        arguments: [
            (0, 0), (5 * minute - 1, 0), (5 * minute, 1), (10 * minute, 2), (39 * minute, 3), (40 * minute, 4),
            (1280 * minute - 1, 8), (1280 * minute, 9), (1_000_000 * minute, 9), (-minute, 0),
        ] as [(Int64, Int64)]
    )
    func bucket(age: Int64, expected: Int64) async throws {
        let folder = try TemporaryFolder()
        let database = try SQLiteDatabase(path: "\(folder.path)/ages.sqlite")
        let statement = Statement(
            "SELECT CASE \(AgeBucket.conditions) END FROM (SELECT CAST($2 AS BIGINT) AS due) AS ages"
        )
        let now: Int64 = 1_800_000_000_000
        let bucket = try await database.read {
            try $0.first(statement, [.integer(now), .integer(now - age)]) { $0.integer(0) }
        }
        #expect(bucket == expected)
        try database.close()
    }
}
