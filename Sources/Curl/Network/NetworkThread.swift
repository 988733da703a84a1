import CCurl
import Glibc
import Synchronization

/// The one thread that owns libcurl. It may be started once; what is asked of it before waits for the start.
public final class NetworkThread: Sendable {
    typealias Job = @Sendable (NetworkLoop) -> Void

    private struct Mailbox {
        var jobs: [Job] = []
        /// The eventfd that wakes the thread up; `nil` when it does not run.
        var wakeup: Int32?
        /// The thread waits, or is about to: a new job must wake it.
        var isAsleep = false
        var thread: pthread_t?
        var isStarted = false
        var isStopping = false
        var lastID: UInt64 = 0
    }

    private static let isLibraryReady: Bool = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    private let mailbox = Mutex(Mailbox())

    public init() {}

    /// Starts the thread. It ignores `SIGPIPE` for the whole process, as OpenSSL's writes raise it.
    public func start() {
        signal(SIGPIPE, SIG_IGN)
        guard Self.isLibraryReady else { return }
        mailbox.withLock { mailbox in
            guard !mailbox.isStarted else { return }
            mailbox.isStarted = true
            mailbox.wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
            var thread = pthread_t()
            let context = Unmanaged.passRetained(self).toOpaque()
            if pthread_create(&thread, nil, { NetworkThread.main($0) }, context) == 0 {
                mailbox.thread = thread
            } else {
                Unmanaged<NetworkThread>.fromOpaque(context).release()
                mailbox.isStopping = true
            }
        }
    }

    /// Ends everything that is open, reports it, and returns when the thread has ended. Close the pools first for a
    /// clean end. Not to be called from a callback of the thread itself.
    public func stop() {
        let thread = mailbox.withLock { mailbox -> pthread_t? in
            mailbox.isStopping = true
            wake(&mailbox)
            defer { mailbox.thread = nil }
            return mailbox.thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    /// Processor time that the thread has used, nanoseconds; 0 when it does not run.
    public var processorTime: UInt64 {
        get async {
            await withCheckedContinuation { continuation in
                let isPosted = post { _ in
                    var time = timespec()
                    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
                    continuation.resume(returning: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
                }
                if !isPosted { continuation.resume(returning: 0) }
            }
        }
    }

    /// Runs `job` on the thread, in the order of the calls; false when the thread has ended or is about to.
    @discardableResult
    func post(_ job: @escaping Job) -> Bool {
        mailbox.withLock { mailbox in
            guard !mailbox.isStopping else { return false }
            mailbox.jobs.append(job)
            if mailbox.isAsleep { wake(&mailbox) }
            return true
        }
    }

    /// A number for a resident, never given twice.
    func newID() -> UInt64 {
        mailbox.withLock { mailbox in
            mailbox.lastID += 1
            return mailbox.lastID
        }
    }

    private func wake(_ mailbox: inout Mailbox) {
        mailbox.isAsleep = false
        guard let wakeup = mailbox.wakeup else { return }
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    private static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        Unmanaged<NetworkThread>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }

    private func run() {
        guard let multi = curl_multi_init(), let wakeup = mailbox.withLock({ $0.wakeup }) else {
            return mailbox.withLock { $0.isStopping = true }
        }
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let loop = NetworkLoop(multi: multi, epoll: epoll, wakeup: wakeup)
        var jobs: [Job] = []
        while true {
            let isStopping = mailbox.withLock { mailbox in
                swap(&jobs, &mailbox.jobs)
                mailbox.isAsleep = false
                return mailbox.isStopping
            }
            for job in jobs { job(loop) }
            jobs.removeAll(keepingCapacity: true)
            if isStopping { break }
            loop.turn {
                mailbox.withLock { mailbox in
                    mailbox.isAsleep = mailbox.jobs.isEmpty && !mailbox.isStopping
                    return mailbox.isAsleep
                }
            }
        }
        loop.abandon()
        mailbox.withLock { $0.wakeup = nil }
        curl_multi_cleanup(multi)
        close(wakeup)
        close(epoll)
    }
}
