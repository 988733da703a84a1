/// Sessions to one relay: opened as there is work, up to a limit, used again, and ended when idle or used up.
///
/// Every submission is reported exactly once, in batches, on the network thread: `report` must return quickly and must
/// not wait for the pool.
public final class SMTPPool: Sendable {
    public let name: String
    private let thread: NetworkThread
    private let id: UInt64
    private let report: @Sendable ([SMTPReport]) -> Void

    public init(
        name: String,
        settings: SMTPSettings,
        thread: NetworkThread,
        report: @escaping @Sendable ([SMTPReport]) -> Void
    ) {
        self.name = name
        self.thread = thread
        self.report = report
        let id = thread.newID()
        self.id = id
        thread.post { [weak thread] loop in
            loop.add(SMTPPoolWorker(id: id, settings: settings, loop: loop, thread: thread, report: report), id: id)
        }
    }

    deinit {
        post { $0.close {} }
    }

    /// Queues submissions; they start in this order as sessions come free. After `close()` they come back as withdrawn.
    /// The queue has no limit of its own: the caller knows from the reports how many are out.
    public func submit(_ batch: [SMTPSubmission]) {
        guard !batch.isEmpty else { return }
        let id = id
        let report = report
        let isPosted = thread.post { loop in
            if let worker = loop.resident(id, as: SMTPPoolWorker.self) {
                worker.submit(batch)
            } else {
                report(batch.map { SMTPReport(tag: $0.tag, outcome: .notStarted(.withdrawn)) })
            }
        }
        if !isPosted { report(batch.map { SMTPReport(tag: $0.tag, outcome: .notStarted(.withdrawn)) }) }
    }

    /// Everything that has not started comes back as withdrawn.
    public func withdraw() {
        post { $0.withdraw() }
    }

    /// Cuts every session at once: what is on the wire comes back as failed or uncertain, the rest as withdrawn.
    public func abort() {
        post { $0.abort() }
    }

    /// Withdraws what has not started, lets what is on the wire come to its end, ends the sessions with `QUIT`.
    /// Returns when all is reported and every session is closed, which takes as long as the server takes to answer: a
    /// caller that cannot wait calls `abort()` meanwhile. The network thread must have been started.
    public func close() async {
        let id = id
        await withCheckedContinuation { continuation in
            let isPosted = thread.post { loop in
                guard let worker = loop.resident(id, as: SMTPPoolWorker.self) else { return continuation.resume() }
                worker.close { continuation.resume() }
            }
            if !isPosted { continuation.resume() }
        }
    }

    /// As the network thread sees it; empty when the pool is closed.
    public var snapshot: SMTPPoolSnapshot {
        get async {
            let id = id
            return await withCheckedContinuation { continuation in
                let isPosted = thread.post { loop in
                    let worker = loop.resident(id, as: SMTPPoolWorker.self)
                    continuation.resume(returning: worker?.snapshot(now: MonotonicClock.now()) ?? SMTPPoolSnapshot())
                }
                if !isPosted { continuation.resume(returning: SMTPPoolSnapshot()) }
            }
        }
    }

    private func post(_ job: @escaping @Sendable (SMTPPoolWorker) -> Void) {
        let id = id
        thread.post { loop in
            if let worker = loop.resident(id, as: SMTPPoolWorker.self) { job(worker) }
        }
    }
}
