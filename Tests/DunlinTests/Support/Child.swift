import Foundation
import Glibc
import Synchronization
import TestSupport

/// A process of the test: its output goes to files, and it does not outlive its owner.
final class Child: Sendable {
    /// How a process came to its end.
    enum Ending: Equatable {
        case exited(Int32)
        case killed(by: Int32)

        init(waitStatus: Int32) {
            let signal = waitStatus & 0x7f
            self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .killed(by: signal)
        }
    }

    /// What one run came to.
    struct Outcome {
        let ending: Ending
        let output: String
        let errors: String

        /// `nil` when a signal ended it.
        var code: Int32? {
            if case .exited(let code) = ending { code } else { nil }
        }
    }

    private final class Fate: Sendable {
        struct State {
            var ending: Ending?
            var waiters: [CheckedContinuation<Ending, Never>] = []
        }

        let state = Mutex(State())

        func set(_ ending: Ending) {
            let waiters = state.withLock { state in
                state.ending = ending
                return state.waiters
            }
            for waiter in waiters { waiter.resume(returning: ending) }
        }
    }

    let identifier: pid_t
    private let fate = Fate()
    private let files: TemporaryFolder
    private let input: Int32?
    /// Kept for as long as the process may need it.
    private let place: TemporaryFolder?

    /// - Parameters:
    ///   - program: a path, or a name to look for in `PATH`.
    ///   - input: what it reads; `nil` is a stream that stays open until this object goes.
    init(
        _ program: String,
        _ arguments: [String],
        input: String? = "",
        in folder: TemporaryFolder? = nil,
        environment: [String: String] = Child.environment
    ) throws {
        files = try TemporaryFolder()
        place = folder
        var reading: Int32
        if let input {
            let path = files.path("input")
            try Data(input.utf8).write(to: URL(fileURLWithPath: path))
            reading = open(path, O_RDONLY | O_CLOEXEC)
            self.input = nil
        } else {
            var ends: [Int32] = [0, 0]
            guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0
            else { throw POSIXError(.EMFILE) }
            reading = ends[0]
            self.input = ends[1]
        }
        defer { close(reading) }
        let placing = folder.map { ["env", "-C", $0.path] } ?? []
        identifier = try Child.spawn(
            placing + [program] + arguments,
            reading: reading,
            output: files.path("output"),
            errors: files.path("errors"),
            environment
        )
        let identifier = identifier
        let fate = fate
        Thread.detachNewThread {
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            fate.set(Ending(waitStatus: status))
        }
    }

    deinit {
        if let input { close(input) }
        if fate.state.withLock({ $0.ending == nil }) { kill(identifier, SIGKILL) }
    }

    static var environment: [String: String] {
        let own = ProcessInfo.processInfo.environment
        return ["PATH": own["PATH"] ?? "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", "TZ": "UTC"]
    }

    private static func spawn(
        _ arguments: [String],
        reading: Int32,
        output: String,
        errors: String,
        _ environment: [String: String]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, reading, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var standard = sigset_t()
        sigfillset(&standard)
        posix_spawnattr_setsigdefault(&attributes, &standard)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let words = arguments.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, arguments[0], &actions, &attributes, words, variables)
        guard code == 0 else {
            throw Complaint("\(arguments[0]) cannot be started: \(String(cString: strerror(code))); run deploy/test")
        }
        return identifier
    }

    var isRunning: Bool { fate.state.withLock { $0.ending == nil } }

    var output: String { read("output") }
    var errors: String { read("errors") }

    private func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: files.path(name)) ?? Data(), as: UTF8.self)
    }

    func signal(_ number: Int32) {
        if isRunning { kill(identifier, number) }
    }

    func end() async -> Outcome {
        let ending = await withCheckedContinuation { continuation in
            let ending = fate.state.withLock { state in
                if state.ending == nil { state.waiters.append(continuation) }
                return state.ending
            }
            if let ending { continuation.resume(returning: ending) }
        }
        return Outcome(ending: ending, output: output, errors: errors)
    }

    func end(by number: Int32) async -> Outcome {
        signal(number)
        return await end()
    }
}
