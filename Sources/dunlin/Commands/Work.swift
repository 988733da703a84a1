import ArgumentParser
import Curl
import Foundation
import Logging
import Messaging
import ServiceLifecycle
import UnixSignals

struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send what is due.",
        discussion: """
            Workers only; 'dunlin serve' does the housekeeping too. A stop signal ends it cleanly: nothing more is claimed, \
            what is on the wire is finished, and every outcome is written. A second signal ends it at once.

            Exit status: 0 done or stopped cleanly, 75 a lane was stopped by a fault and its messages wait.
            """
    )

    @OptionGroup var options: CommonOptions

    @Flag(help: "Exit when nothing is due or in flight.")
    var untilEmpty = false

    @Flag(help: "Print the processor time of each phase at the end.")
    var profile = false

    func run() async throws {
        try await withApp(options, creates: true) { app in
            let worker = try await Worker(
                app,
                .init(name: "dunlin work", untilEmpty: untilEmpty, profile: profile),
                housekeeping: false
            )
            try await worker.run()
            try worker.report(profile: profile, untilEmpty: untilEmpty)
        }
    }
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send what is due, and keep house: end what has expired, forget what is old.",
        discussion: """
            Runs until it is stopped. Tells systemd when it is ready and alive (Type=notify, WatchdogSec). The other commands \
            work beside it.
            """
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await withApp(options, creates: true) { app in
            let worker = try await Worker(
                app,
                .init(name: "dunlin serve", onTurn: Systemd.lifeSigns()),
                housekeeping: true
            )
            try await worker.run()
            try worker.report()
        }
    }
}

/// The services of a worker process, started and stopped in order.
struct Worker {
    private let app: App
    private let dispatcher: Dispatcher
    private let thread = NetworkThread()
    private let services: [any Service]

    init(_ app: App, _ options: Dispatcher.Options, housekeeping: Bool, logger: Logger? = nil) async throws {
        self.app = app
        dispatcher = Dispatcher(
            queue: app.queue,
            settings: app.settings,
            composer: try await app.composer(),
            transports: try Transports.make(app.settings, thread: thread),
            options: options,
            clock: app.clock,
            logger: logger ?? app.logger
        )
        services =
            [dispatcher]
            + (housekeeping
                ? [Housekeeping(queue: app.queue, retention: app.settings.retention, clock: app.clock, logger: app.logger)] : [])
    }

    func run() async throws {
        thread.start()
        StopSignals.endAtOnceOnSecond()
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(
                        service: $0,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup
                    )
                },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: app.logger
            )
        )
        defer {
            Systemd.notify("STOPPING=1")
            thread.stop()
        }
        try await group.run()
    }

    /// Throws when something was left behind that the exit status should tell.
    func report(profile: Bool = false, untilEmpty: Bool = false) throws {
        let summary = dispatcher.summary
        if profile { Console.print(Profile(summary).text) }
        if summary.unsettled > 0 {
            throw Failure(.temporary, "\(summary.unsettled) outcomes could not be written before the end")
        }
        if untilEmpty, let (lane, reason) = summary.stoppedLanes.first {
            throw Failure(.temporary, "lane \(lane) is stopped, its messages wait: \(reason)")
        }
    }
}

/// The table of `work --profile`.
struct Profile {
    let text: String

    init(_ summary: Dispatcher.Summary) {
        let messages = summary.attempts.values.reduce(0, +)
        var table = Table([("PHASE", .left), ("CPU", .right), ("PER MESSAGE", .right)])
        func row(_ name: String, _ nanoseconds: UInt64) {
            let each = messages == 0 ? 0 : Double(nanoseconds) / Double(messages) / 1000
            table.add([name, String(format: "%.2f s", Double(nanoseconds) / 1e9), String(format: "%.1f µs", each)])
        }
        for (phase, nanoseconds) in summary.phases.sorted(by: { $0.value > $1.value }) { row(phase, nanoseconds) }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let total =
            UInt64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000_000
            + UInt64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000
        row("all of it", total)
        text = "\(messages) attempts, \(usage.ru_maxrss / 1024) MiB at most\n\(table.text)"
    }
}

/// The first stop signal belongs to the services; the second ends the process.
enum StopSignals {
    private nonisolated(unsafe) static var sources: [any DispatchSourceSignal] = []
    private static let queue = DispatchQueue(label: "dunlin.signals")

    static func endAtOnceOnSecond() {
        nonisolated(unsafe) var count = 0
        queue.sync {
            for number in [SIGTERM, SIGINT] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler {
                    count += 1
                    if count > 1 { _exit(128 + number) }
                }
                source.resume()
                sources.append(source)
            }
        }
    }
}
