import Foundation
import Storage
import Testing

@Suite("After the death of the process")
struct SQLiteRecoveryTests {
    @Test("everything that was answered is there", arguments: [Durability.process, .power])
    func keepsAnswered(_ durability: Durability) async throws {
        let folder = try SQLiteFolder()
        let database = try await folder.openLedger()
        for index in 0..<50 {
            try await database.write(durability) { try Ledger.insert("row \(index)", Int64(index), $0) }
        }
        let copy = try await folder.copy().open()
        #expect(try await SQLitePragma.integrity(copy) == ["ok"])
        #expect(try await copy.read { try Ledger.count($0) } == 50)
        try copy.close()
        try database.close()
    }

    @Test("a WAL that ends in the midst of a commit gives the commits before it, in order")
    func cutsAtCommit() async throws {
        let folder = try SQLiteFolder()
        let database = try await folder.openLedger()
        var ends: [Int] = []
        for index in 0..<20 {
            try await database.write(.power) { try Ledger.insert(String(format: "%02d", index), 0, $0) }
            ends.append(folder.size("-wal"))
        }
        for cut in stride(from: ends[0] - 1, through: ends[19], by: 1777) {
            let copy = try await folder.copy(walBytes: cut).open()
            let whole = ends.filter { $0 <= cut }.count
            #expect(try await SQLitePragma.integrity(copy) == ["ok"], "cut at \(cut)")
            if cut >= ends[0] {
                let names = try await copy.read { try Ledger.names($0) }
                #expect(names == (0..<whole).map { String(format: "%02d", $0) }, "cut at \(cut)")
            }
            try copy.close()
        }
        try database.close()
    }

    @Test("a commit that is not whole is not there")
    func dropsUnfinished() async throws {
        let folder = try SQLiteFolder()
        let database = try await folder.openLedger()
        let (begun, go) = (Signal(), Signal())
        async let writing: Void = database.write(.power) { transaction in
            for index in 0..<2000 { try Ledger.insert("row \(index)", 0, transaction) }
            begun.raise()
            go.waitBlocking()
        }
        await begun.wait()
        let copy = try await folder.copy().open()
        #expect(try await copy.read { try Ledger.count($0) } == 0)
        #expect(try await SQLitePragma.integrity(copy) == ["ok"])
        try copy.close()
        go.raise()
        try await writing
        #expect(try await database.read { try Ledger.count($0) } == 2000)
        try database.close()
    }
}
