import Testing

@testable import Messaging

@Suite("What is wrong, judged from the status")
struct ProblemsTests {
    private static let reserved: Int64 = 64 << 20

    /// A working installation with nothing to complain of, changed.
    private static func problems(_ change: (inout StatusReport) -> Void) -> [String] {
        var report = StatusReport()
        report.now = 1_000_000
        report.isWorking = true
        report.freeBytes = reserved * 100
        report.node = NodeReport(name: "worker 7", startedAt: 0, heartbeatAt: 1_000_000, stoppedAt: nil)
        change(&report)
        return Problems.find(in: report, reservedBytes: reserved).map {
            "\($0.severity.rawValue): \($0.what): \($0.remedy)"
        }
    }

    private static func lane(_ state: LaneReport.State, _ reason: String?) -> LaneReport {
        LaneReport(
            name: "relay",
            channel: .email,
            state: state,
            since: 0,
            reason: reason,
            connections: 0,
            inFlight: 0
        )
    }

    @Test("a working installation has no problems, however much it has done")
    func none() {
        #expect(Self.problems { _ in } == [])
        let busy = Self.problems {
            $0.messages = [.waiting: 5, .sending: 2, .sent: 3, .failed: 1]
            $0.accepted = 20
            $0.pruned = 9
            $0.dueByChannel = [.email: 5]
            $0.oldestWaitingSeconds = 299
            $0.lanes = [Self.lane(.open, nil), Self.lane(.probing, "x")]
            $0.node = NodeReport(name: "worker 7", startedAt: 0, heartbeatAt: 970_000, stoppedAt: nil)
        }
        #expect(busy == [])
    }

    @Test("an installation that rests has no problems either: nothing is due")
    func resting() {
        let resting = Self.problems {
            $0.isWorking = false
            $0.node = nil
            $0.messages = [.waiting: 5]
            $0.accepted = 5
            $0.oldestWaitingSeconds = 9999
            $0.lanes = [Self.lane(.stopped, "x")]
        }
        #expect(resting == [])
    }

    private static let cases: [(String, @Sendable (inout StatusReport) -> Void, String)] = [
        (
            "no worker",
            {
                $0.isWorking = false
                $0.dueByChannel = [.email: 3, .sms: 1]
            },
            "critical: 4 messages are due and no worker runs: start 'dunlin serve', or 'dunlin work'"
        ),
        (
            "silent worker",
            { $0.node = NodeReport(name: "w", startedAt: 0, heartbeatAt: 969_999, stoppedAt: nil) },
            "critical: w has not been heard of for 30 s: "
                + "see whether it hangs (its log, 'systemctl status'), and start it again"
        ),
        (
            "dead worker",
            {
                $0.isWorking = false
                $0.messages = [.sending: 2]
                $0.accepted = 2
            },
            "warning: 2 messages were being sent when their worker died: "
                + "start 'dunlin serve': it takes them back and marks the attempt uncertain"
        ),
        (
            "stopped lane", { $0.lanes = [lane(.stopped, "535 no"), lane(.open, nil)] },
            "critical: lane relay (email) is stopped: 535 no: "
                + "mend its server or credentials; it tries again by itself, and its messages wait"
        ),
        (
            "stopped lane without a reason", { $0.lanes = [lane(.stopped, nil)] },
            "critical: lane relay (email) is stopped: unknown: "
                + "mend its server or credentials; it tries again by itself, and its messages wait"
        ),
        (
            "late", { $0.oldestWaitingSeconds = 300 },
            "warning: the oldest due message has waited 300 s: "
                + "see 'dunlin shape' for where the backlog is, and 'dunlin why ID' for one message"
        ),
        (
            "very late", { $0.oldestWaitingSeconds = 3600 },
            "critical: the oldest due message has waited 3600 s: "
                + "see 'dunlin shape' for where the backlog is, and 'dunlin why ID' for one message"
        ),
        (
            "held",
            {
                $0.messages = [.held: 7]
                $0.accepted = 7
            },
            "warning: 7 messages wait for a person: see 'dunlin message list --state held', then approve or cancel them"
        ),
        (
            "full disk", { $0.freeBytes = reserved - 1 },
            "critical: the disk is full: nothing is accepted or claimed: "
                + "make room where the database is kept; work goes on by itself"
        ),
        (
            "nearly full disk", { $0.freeBytes = reserved },
            "warning: only 64 MiB of disk are free: make room where the database is kept"
        ),
        (
            "lost messages",
            {
                $0.messages = [.sent: 5, .waiting: 1]
                $0.accepted = 9
                $0.pruned = 2
            },
            "critical: the books do not balance: 9 accepted, 6 stored, 2 pruned: "
                + "keep a copy of the database and report a fault"
        ),
    ]

    @Test("each problem is told with its remedy", arguments: cases.map(\.0))
    func problem(name: String) throws {
        let (_, change, expected) = try #require(Self.cases.first { $0.0 == name })
        #expect(Self.problems(change) == [expected])
    }

    @Test("a disk that cannot be measured is no problem")
    func unknownDisk() {
        #expect(Self.problems { $0.freeBytes = nil } == [])
    }

    @Test("all problems are told at once")
    func all() {
        let found = Self.problems {
            $0.freeBytes = 0
            $0.oldestWaitingSeconds = 4000
            $0.lanes = [Self.lane(.stopped, "x")]
            $0.accepted = 1
        }
        #expect(found.count == 4)
    }

    @Test(
        "the time to drain comes from the last full minute",
        arguments: [(0, 100.0, nil), (100, 0.0, nil), (100, 100.0, 60), (50, 200.0, 15), (1, 1_000_000.0, 0)]
            as [(Int64, Double, Int64?)]
    )
    func drain(due: Int64, perMinute: Double, expected: Int64?) {
        var report = StatusReport()
        report.dueByChannel = [.email: due]
        report.rates = [.email: .init(perMinute: perMinute)]
        #expect(report.drainSeconds == expected)
    }
}
