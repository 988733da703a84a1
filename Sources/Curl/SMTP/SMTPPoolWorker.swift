/// The part of a pool that lives on the network thread.
final class SMTPPoolWorker: NetworkResident {
    /// How late a session's deadline may be noticed while there is traffic.
    static let scanInterval: UInt64 = 10_000_000
    /// A failure that finds no submission to be told with is told with the next one, for so long.
    static let failureMemory: UInt64 = 5_000_000_000

    private let id: UInt64
    private let settings: SMTPSettings
    private let loop: NetworkLoop
    private weak var thread: NetworkThread?
    private let report: @Sendable ([SMTPReport]) -> Void
    private let limit: Int
    private let perSession: Int
    private let idleLimit: UInt64

    private var queue = SMTPQueue()
    private var connecting: [SMTPConnecting] = []
    private var sessions: [SMTPSession] = []
    private var idle = 0
    private var attempts: UInt64 = 0
    /// When the sessions' deadlines are looked at again: not at each turn, as they move with each answer.
    private var nextScan: UInt64 = 0
    private var scannedDue = UInt64.max
    private var isScanOutdated = false
    private var verdicts = SMTPVerdicts()
    /// The last attempt to open a session succeeded; until then only one attempt is made at a time.
    private var isHealthy = false
    private var openNotBefore: UInt64 = 0
    private var lastFailure: SMTPOpening.Failure?
    private var untold: (outcome: SMTPOutcome, until: UInt64)?
    private var extensions: SMTPExtensions?
    private var closing: [() -> Void]?

    init(
        id: UInt64,
        settings: SMTPSettings,
        loop: NetworkLoop,
        thread: NetworkThread?,
        report: @escaping @Sendable ([SMTPReport]) -> Void
    ) {
        self.id = id
        self.settings = settings
        self.loop = loop
        self.thread = thread
        self.report = report
        limit = max(1, settings.connections)
        perSession = max(1, settings.messagesPerConnection)
        idleLimit = Duration.seconds(max(0, settings.idleSeconds)).nanoseconds
    }

    // MARK: - Wishes

    func submit(_ batch: [SMTPSubmission]) {
        queue.append(batch)
        if sessions.isEmpty {
            openNotBefore = 0
            tell()
        }
        if closing != nil { withdraw() }
    }

    func withdraw() {
        for submission in queue.removeAll() { verdicts.report(submission, .notStarted(.withdrawn)) }
    }

    func abort() {
        withdraw()
        for attempt in connecting { attempt.cancel() }
        connecting = []
        let failure = SMTPFailure(.aborted, "The session was aborted")
        for session in sessions { session.dialogue.lose(failure, into: &verdicts) }
        for session in sessions { settle(session, now: MonotonicClock.now()) }
        withdraw()
    }

    func close(_ done: @escaping () -> Void) {
        closing = (closing ?? []) + [done]
        withdraw()
        for attempt in connecting { attempt.cancel() }
        connecting = []
        for session in sessions { serve(session, now: MonotonicClock.now()) }
    }

    func abandon() {
        abort()
        let done = closing ?? []
        closing = nil
        deliver()
        for call in done { call() }
    }

    func snapshot(now: UInt64) -> SMTPPoolSnapshot {
        func age(_ since: UInt64) -> Duration { .nanoseconds(now > since ? now - since : 0) }
        var snapshot = SMTPPoolSnapshot()
        for attempt in connecting {
            snapshot.sessions.append(.init(phase: attempt.phase, age: age(attempt.since), messages: 0))
        }
        for session in sessions {
            let since = session.dialogue.isIdle ? session.idleSince : session.dialogue.since
            let messages = session.dialogue.finished
            snapshot.sessions.append(.init(phase: session.dialogue.phase, age: age(since), messages: messages))
            snapshot.inFlight += session.dialogue.inFlight
        }
        snapshot.queued = queue.count
        snapshot.lastConnectFailure = lastFailure?.failure
        snapshot.extensions = extensions
        return snapshot
    }

    // MARK: - Turns

    func turn(now: UInt64) -> UInt64 {
        for attempt in connecting { attempt.expire(now: now) }
        scan(now: now)
        dropStale(now: now)
        if idle > 0, !queue.isEmpty {
            for session in sessions where session.isCountedIdle && !queue.isEmpty { serve(session, now: now) }
        }
        open(now: now)
        deliver()
        if let closing, sessions.isEmpty {
            loop.remove(id: id)
            self.closing = nil
            for call in closing { call() }
        }
        return due(now: now)
    }

    private func due(now: UInt64) -> UInt64 {
        var due = queue.first?.startBy ?? .max
        if !queue.isEmpty, openNotBefore > now, sessions.count < limit { due = min(due, openNotBefore) }
        for attempt in connecting { due = min(due, attempt.deadline) }
        return min(due, isScanOutdated ? nextScan : scannedDue)
    }

    private func scan(now: UInt64) {
        guard isScanOutdated ? now >= nextScan : now >= scannedDue else { return }
        for session in sessions { check(session, now: now) }
        scannedDue = .max
        for session in sessions {
            let deadline = session.dialogue.isIdle ? session.idleSince &+ idleLimit : session.dialogue.deadline
            scannedDue = min(scannedDue, deadline)
        }
        isScanOutdated = false
        nextScan = now + Self.scanInterval
    }

    private func deliver() {
        guard !verdicts.reports.isEmpty else { return }
        var batch: [SMTPReport] = []
        batch.reserveCapacity(verdicts.reports.count)
        swap(&batch, &verdicts.reports)
        report(batch)
    }

    private func dropStale(now: UInt64) {
        while let first = queue.first, first.startBy < now {
            verdicts.report(first, .notStarted(.stale))
            _ = queue.popFirst()
        }
    }

    // MARK: - Sessions

    private func check(_ session: SMTPSession, now: UInt64) {
        if session.dialogue.deadline <= now {
            session.dialogue.expire(now: now, into: &verdicts)
            settle(session, now: now)
        } else if session.isCountedIdle, session.idleSince &+ idleLimit <= now {
            session.dialogue.quit(now: now)
            session.speak(now: now, into: &verdicts)
            settle(session, now: now)
        }
    }

    private func came(_ session: SMTPSession) {
        let now = MonotonicClock.now()
        session.listen(now: now, into: &verdicts)
        serve(session, now: now)
    }

    /// Gives a session what it can take and lets it speak.
    private func serve(_ session: SMTPSession, now: UInt64) {
        if session.isCountedIdle || idle == 0 { feed(session) }
        if session.dialogue.isIdle, closing != nil || session.dialogue.started >= perSession {
            session.dialogue.quit(now: now)
        }
        session.speak(now: now, into: &verdicts)
        settle(session, now: now)
    }

    private func feed(_ session: SMTPSession) {
        while !session.isBlocked, session.dialogue.canStart, session.dialogue.started < perSession,
            let submission = queue.popFirst()
        {
            let now = MonotonicClock.now()
            if submission.startBy < now {
                verdicts.report(submission, .notStarted(.stale))
            } else if let obstacle = session.dialogue.obstacle(to: submission) {
                verdicts.report(submission, .unsupported(obstacle))
            } else {
                session.dialogue.start(submission, now: now)
            }
        }
    }

    /// Keeps the books after anything has happened on a session.
    private func settle(_ session: SMTPSession, now: UInt64) {
        isScanOutdated = true
        let isIdle = session.dialogue.isIdle
        if isIdle != session.isCountedIdle {
            session.isCountedIdle = isIdle
            idle += isIdle ? 1 : -1
            if isIdle { session.markIdle(now: now) }
        }
        if !verdicts.returned.isEmpty {
            queue.prepend(verdicts.returned)
            verdicts.returned.removeAll(keepingCapacity: true)
            if closing != nil { withdraw() }
        }
        if session.dialogue.isOver {
            session.close()
            sessions.removeAll { $0 === session }
        }
    }

    // MARK: - Opening

    private func open(now: UInt64) {
        guard closing == nil, !queue.isEmpty, now >= openNotBefore else { return }
        let wanted = isHealthy ? queue.count : 1
        while connecting.count < wanted, sessions.count + connecting.count < limit {
            attempts += 1
            let attempt = SMTPConnecting(id: attempts, settings, loop: loop, now: now) { [unowned self] in
                self.opened($0, $1)
            }
            connecting.append(attempt)
            begin(attempt, now: now)
        }
    }

    private func begin(_ attempt: SMTPConnecting, now: UInt64) {
        guard let fetch = settings.bearerToken else { return attempt.connect(token: nil, now: now) }
        let id = id
        let attemptID = attempt.id
        let afterRefusal = attempt.isSecondToken
        let thread = thread
        Task {
            let result: Result<String, any Error>
            do { result = .success(try await fetch(afterRefusal)) } catch { result = .failure(error) }
            let outcome = result.mapError { SMTPFailure(.token, "No bearer token: \($0)") }
            thread?.post { loop in
                loop.resident(id, as: SMTPPoolWorker.self)?.fetched(outcome, for: attemptID)
            }
        }
    }

    private func fetched(_ token: Result<String, SMTPFailure>, for attemptID: UInt64) {
        guard let attempt = connecting.first(where: { $0.id == attemptID }) else { return }
        switch token {
        case .success(let token): attempt.connect(token: token, now: MonotonicClock.now())
        case .failure(let failure): attempt.fail(.credentials(failure))
        }
    }

    private func opened(_ attempt: SMTPConnecting, _ ending: SMTPConnecting.Ending) {
        let now = MonotonicClock.now()
        switch ending {
        case .open(let handle, let opening):
            connecting.removeAll { $0 === attempt }
            guard let descriptor = handle.activeSocket else {
                loop.end(handle)
                return failed(.connection(SMTPFailure(.connectionLost, "The connection is gone")), now: now)
            }
            isHealthy = true
            lastFailure = nil
            untold = nil
            let session = SMTPSession(
                handle,
                descriptor: descriptor,
                opening: opening,
                settings: settings,
                loop: loop,
                now: now
            ) { [unowned self] in self.came($0) }
            extensions = session.dialogue.extensions
            sessions.append(session)
            settle(session, now: now)
            serve(session, now: now)
        case .failed(.credentials(let failure))
        where settings.bearerToken != nil && !attempt.isSecondToken && failure.reason != .token:
            attempt.awaitSecondToken(now: now)
            begin(attempt, now: now)
        case .failed(let failure):
            connecting.removeAll { $0 === attempt }
            failed(failure, now: now)
        }
    }

    /// A failure is told with one waiting submission, unless sessions are open: then that one may still go.
    private func failed(_ failure: SMTPOpening.Failure, now: UInt64) {
        lastFailure = failure
        isHealthy = false
        openNotBefore = now + settings.retryPause.nanoseconds
        guard sessions.isEmpty else { return }
        let outcome: SMTPOutcome =
            switch failure {
            case .connection(let failure): .connectFailed(failure)
            case .credentials(let failure): .credentialsRefused(failure)
            }
        untold = (outcome, now + Self.failureMemory)
        tell()
    }

    private func tell() {
        guard let untold, let submission = queue.popFirst() else { return }
        self.untold = nil
        if MonotonicClock.now() < untold.until {
            verdicts.report(submission, untold.outcome)
        } else {
            queue.prepend([submission])
        }
    }
}
