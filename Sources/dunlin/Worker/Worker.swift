import Curl
import Foundation
import Logging
import Messaging
import Server
import ServiceLifecycle
import UnixSignals

/// The services of a worker process, started and stopped in order.
struct Worker {
    private let app: App
    private let dispatcher: Dispatcher
    private let thread = NetworkThread()
    private let services: [any Service]

    /// - Parameter others: makes services that run beside the work and are stopped before it; they are given the stream that
    ///   ends when the work has been admitted to the database.
    init(
        _ app: App,
        _ options: Dispatcher.Options,
        housekeeping: Bool,
        logger: Logger? = nil,
        others: (AsyncStream<Void>) async throws -> [any Service] = { _ in [] }
    ) async throws {
        self.app = app
        var transports = try Transports.make(
            app.settings,
            thread: thread,
            clock: app.clock,
            publicURL: app.configuration.http.publicURL,
            secret: try await Installation.secret(app.database),
            queue: app.queue
        )
        transports[.event] = [
            Transports.subscribers(app.queue, app.settings, thread: thread, clock: app.clock, logger: app.logger)
        ]
        dispatcher = Dispatcher(
            queue: app.queue,
            settings: app.settings,
            composer: try await app.composer(),
            transports: transports,
            options: options,
            clock: app.clock,
            logger: logger ?? app.logger
        )
        services =
            [dispatcher]
            + (housekeeping
                ? [
                    Housekeeping(
                        queue: app.queue,
                        retention: app.settings.retention,
                        rawRetention: app.settings.rawRetention,
                        evidenceRetention: app.settings.evidenceRetention,
                        clock: app.clock,
                        logger: app.logger
                    ), HookDesk(queue: app.queue, reopening: app.settings.reopening, logger: app.logger),
                    NewsRelay(queue: app.queue, clock: app.clock, logger: app.logger),
                ] : []) + (housekeeping ? try await Worker.poller(app) : []) + (try await others(dispatcher.admission))
    }

    /// Looks into the mailbox, where there is one.
    private static func poller(_ app: App) async throws -> [any Service] {
        guard let inbound = app.configuration.inbound else { return [] }
        return [
            try MailboxPoller(
                inbound,
                folder: app.settings.folder,
                queue: app.queue,
                secret: try await Installation.secret(app.database),
                logger: app.logger
            )
        ]
    }

    /// Returns when the work is done or stopped.
    ///
    /// - Returns: processor time of the network thread, nanoseconds.
    @discardableResult
    func run() async throws -> UInt64 {
        thread.start()
        StopSignals.endAtOnceOnSecond()
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(
                        service: $0,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup
                    )
                },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: app.logger
            )
        )
        defer { thread.stop() }
        try await group.run()
        return await thread.processorTime
    }

    var summary: Dispatcher.Summary { dispatcher.summary }

    /// Throws when something was left behind that the exit status should tell.
    func report(untilEmpty: Bool = false) throws {
        if summary.unsettled > 0 {
            throw Failure(.temporary, "\(summary.unsettled) outcomes could not be written before the end")
        }
        if untilEmpty, let (lane, reason) = summary.stoppedLanes.first {
            throw Failure(.temporary, "lane \(lane) is stopped, its messages wait: \(reason)")
        }
    }
}
