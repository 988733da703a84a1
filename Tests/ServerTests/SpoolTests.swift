import NIOCore
import Testing

@testable import Server

@Suite("An answer of any length")
struct SpoolTests {
    @Test("comes out as it went in, from memory and from a file", arguments: [0, 1, 1000, 20_000])
    func whole(lines: Int) async throws {
        let spool = Spool()
        var expected: [UInt8] = []
        for line in 0..<lines {
            let bytes = Array("{\"line\":\(line),\"status\":\"accepted\"}\n".utf8)
            expected += bytes
            try spool.append(bytes)
        }
        #expect(spool.count == expected.count)
        var read: [UInt8] = []
        try await spool.read { read.append(contentsOf: $0.readableBytesView) }
        #expect(read == expected)
    }
}
