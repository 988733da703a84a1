import Testing

@testable import Server

@Suite("How long a client may take")
struct ClientPatienceTests {
    private static let second: UInt64 = 1_000_000_000
    private let start: UInt64 = 1000 * second

    private func patience() -> ClientPatience {
        ClientPatience(
            headTimeout: 10 * Self.second,
            bodyTimeout: 30 * Self.second,
            idleTimeout: 75 * Self.second,
            now: start
        )
    }

    private func verdict(_ patience: ClientPatience, after seconds: Double) -> ClientPatience.Verdict {
        patience.verdict(now: start + UInt64(seconds * 1e9))
    }

    @Test("a head must be whole in time, however it trickles in")
    func head() {
        let patience = patience()
        #expect(verdict(patience, after: 9.9) == .fine)
        #expect(verdict(patience, after: 10) == .slowHead)
    }

    @Test("a connection without a request is closed after the idle time")
    func idle() {
        var patience = patience()
        patience.headCame()
        patience.requestEnded()
        #expect(verdict(patience, after: 1000) == .fine)
        patience.answered(isLast: false, now: start + Self.second)
        #expect(verdict(patience, after: 75.9) == .fine)
        #expect(verdict(patience, after: 76) == .idle)
    }

    @Test("a body may be waited for half a minute, and a second more for each KiB")
    func body() {
        var patience = patience()
        patience.headCame()
        patience.reads(now: start)
        #expect(verdict(patience, after: 30) == .fine)
        #expect(verdict(patience, after: 30.1) == .slowBody)
        patience.bodyCame(10 * 1024, now: start + 20 * Self.second)
        patience.reads(now: start + 20 * Self.second)
        #expect(verdict(patience, after: 40) == .fine)
        #expect(verdict(patience, after: 40.1) == .slowBody)
    }

    @Test("what the server keeps a client waiting for does not count")
    func busyServer() {
        var patience = patience()
        patience.headCame()
        patience.reads(now: start)
        patience.bodyCame(1, now: start + Self.second)
        #expect(verdict(patience, after: 600) == .fine)
    }

    @Test("an answer that nobody reads ends the connection")
    func reader() {
        var patience = patience()
        patience.headCame()
        patience.requestEnded()
        patience.readability(isWritable: false, now: start)
        patience.readability(isWritable: false, now: start + 30 * Self.second)
        #expect(verdict(patience, after: 59.9) == .fine)
        #expect(verdict(patience, after: 60) == .slowReader)
        patience.readability(isWritable: true, now: start + 59 * Self.second)
        #expect(verdict(patience, after: 60) == .fine)
    }

    @Test("a last answer can be read for two seconds")
    func lingering() {
        var patience = patience()
        patience.headCame()
        patience.answered(isLast: true, now: start)
        #expect(verdict(patience, after: 1.9) == .fine)
        #expect(verdict(patience, after: 2) == .idle)
    }

    @Test("an answer does not end the time of a request that has come behind it")
    func pipelined() {
        var patience = patience()
        patience.headCame()
        patience.requestEnded()
        patience.headCame()
        patience.requestEnded()
        patience.answered(isLast: false, isNextHere: true, now: start)
        #expect(verdict(patience, after: 1000) == .fine)
        patience.answered(isLast: false, now: start)
        #expect(verdict(patience, after: 75) == .idle)
    }

    @Test("a body that was given up is not waited for, and the connection ends when nobody answers it")
    func givenUp() {
        var patience = patience()
        patience.headCame()
        patience.reads(now: start)
        #expect(verdict(patience, after: 31) == .slowBody)
        patience.bodyGivenUp(now: start)
        #expect(verdict(patience, after: 31) == .fine)
        #expect(verdict(patience, after: 60) == .idle)
    }

    @Test("when the server stops, what is still coming gets three seconds, and an answer all its time")
    func hurry() {
        var coming = patience()
        coming.headCame()
        coming.reads(now: start)
        coming.hurry(now: start)
        #expect(verdict(coming, after: 2.9) == .fine)
        #expect(verdict(coming, after: 3) == .slowBody)
        coming.requestEnded()
        #expect(verdict(coming, after: 60) == .fine)
    }
}
