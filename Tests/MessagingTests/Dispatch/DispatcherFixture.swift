import Logging
import ServiceLifecycle
import Storage
import TestSupport

@testable import Messaging

/// A worker on a new queue, with transports that stay in memory and a clock that stands still until it is moved.
struct DispatcherFixture: Sendable {
    let queued: QueueFixture
    var retry = RetrySettings()
    var uncertain = UncertainPolicy.retry
    var limits: [LimitSettings] = []
    var replyRules: [ReplyRuleSettings] = []
    var weights: [String: Double] = [:]
    /// What transports get beside others, by name.
    var parts: [String: Double] = [:]
    var policies = QueueFixture.anyTime
    var stopWithin = TimeSpan(milliseconds: 30_000)

    init() async throws {
        queued = try await QueueFixture()
    }

    var queue: Queue { queued.queue }
    var clock: TestClock { queued.clock }

    /// - Parameter database: stands between the worker and its database.
    func dispatcher(
        _ transports: [any Transport],
        database: (any Database)? = nil,
        reservedBytes: Int64 = 0,
        untilEmpty: Bool = true,
        onTurn: @escaping @Sendable () -> Void = {}
    ) throws -> Dispatcher {
        var email = ChannelSettings(
            transports: transports.map { .smtp(SMTPTransportSettings(name: $0.name, weight: parts[$0.name])) },
            retry: retry,
            uncertain: uncertain
        )
        email.limits = limits
        email.replyRules = replyRules
        email.weights = weights
        let settings = MessagingSettings(channels: [.email: email], stopWithin: stopWithin)
        let composer = Composer(
            library: TemplateLibrary(folder: queued.folder.path),
            brands: try Brand.all([:]),
            secret: "secret"
        )
        return Dispatcher(
            queue: Queue(database ?? queued.database, reservedBytes: reservedBytes, policies: policies),
            settings: settings,
            composer: composer,
            transports: [.email: transports],
            options: .init(name: "test", untilEmpty: untilEmpty, onTurn: onTurn),
            clock: clock.wall,
            logger: DispatcherFixture.silent
        )
    }

    /// Runs a worker until nothing is due or in flight.
    @discardableResult
    func drain(_ transports: any Transport..., database: (any Database)? = nil) async throws -> Dispatcher.Summary {
        let dispatcher = try dispatcher(transports, database: database)
        try await dispatcher.run()
        return dispatcher.summary
    }

    /// Runs a worker beside `body`, and stops it as a signal would when `body` is done.
    @discardableResult
    func whileWorking(
        _ dispatcher: Dispatcher,
        _ body: () async throws -> Void
    ) async throws -> Dispatcher.Summary {
        let group = ServiceGroup(services: [dispatcher], logger: DispatcherFixture.silent)
        async let running: Void = group.run()
        try await body()
        await group.triggerGracefulShutdown()
        try await running
        return dispatcher.summary
    }

    /// Stores messages by email; the ids in order.
    func enqueue(_ messages: [NewMessage]) async throws -> [Int64] {
        try await queue.enqueue(messages).map { receipt in
            if case .accepted(let id) = receipt { id } else { 0 }
        }
    }

    /// Stores messages to `person0@example.com` and so on.
    func enqueue(_ count: Int) async throws -> [Int64] {
        try await enqueue((0..<count).map { QueueFixture.message(to: "person\($0)@example.com") })
    }

    func message(_ id: Int64) async throws -> StoredMessage? {
        try await queue.message(id)
    }

    /// How many messages are in each state that has any.
    func states() async throws -> [MessageState: Int64] {
        try await queue.status(now: clock.now).messages.filter { $0.value > 0 }
    }

    /// Looks until the status is as wanted, or the test's time is up.
    func eventually(_ isReached: (StatusReport) -> Bool) async throws {
        while !isReached(try await queue.status(now: clock.now)) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    func events(_ id: Int64) async throws -> [Event.Kind] {
        try await queue.events(of: id).map(\.kind)
    }

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension SMTPTransportSettings {
    fileprivate init(name: String, weight: Double?) {
        self.init(url: "smtp://127.0.0.1")
        self.name = name
        self.weight = weight
    }
}
