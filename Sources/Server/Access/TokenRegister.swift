import Curl
import Logging
import Messaging
import ServiceLifecycle
import Storage
import Synchronization

/// The tokens in memory: asked at every request, read again every second and at once for a token that is not known.
final class TokenRegister: Service {
    private struct State {
        var tokens: [Token] = []
        /// Whether any token was ever made; a revoked one does not open the door to callers without one.
        var isGuarded = true
        /// Monotonic nanoseconds.
        var readAt: UInt64 = 0
        /// When each token was used, by id, until it is written.
        var uses: [Int64: Int64] = [:]
        var buckets: [Int64: TokenBucket] = [:]
    }

    private let tokens: Tokens
    private let clock: WallClock
    private let logger: Logger
    private let state = Mutex(State())

    /// Revoked elsewhere, a token works for this long at the most; nanoseconds.
    static let freshness: UInt64 = 1_000_000_000
    /// A token that is not known makes the register read anew at most so often.
    static let lookup: UInt64 = 50_000_000

    init(tokens: Tokens, clock: WallClock, logger: Logger) {
        self.tokens = tokens
        self.clock = clock
        self.logger = logger
    }

    /// Writes down when tokens were used, once a minute and at the end.
    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(60)) }
            await noteUses()
        }
    }

    private func noteUses() async {
        let uses = state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
        do {
            try await tokens.noteUses(uses)
        } catch {
            logger.warning("when tokens were used could not be written: \(error)")
        }
    }

    /// - Returns: the token that works and has this secret.
    func token(secret: String) async throws -> Token? {
        let hash = TokenSecret.hash(secret)
        try await refresh(after: TokenRegister.freshness)
        if let token = find({ isEqualInConstantTime($0.hash, hash) }) { return token }
        try await refresh(after: TokenRegister.lookup)
        return find { isEqualInConstantTime($0.hash, hash) }
    }

    func token(id: Int64) async throws -> Token? {
        try await refresh(after: TokenRegister.freshness)
        return find { $0.id == id }
    }

    /// Whether callers need a token.
    func isGuarded() async throws -> Bool {
        try await refresh(after: TokenRegister.freshness)
        return state.withLock { $0.isGuarded }
    }

    /// Takes `count` messages from a token's allowance for this moment.
    ///
    /// - Returns: `nil` when they may come, else the seconds to wait.
    func admit(_ count: Int, _ caller: Caller, now: UInt64 = MonotonicClock.now()) -> Int? {
        guard let id = caller.tokenID, let rate = caller.rate else { return nil }
        return state.withLock { state in
            var bucket = state.buckets[id] ?? TokenBucket(rate: rate, now: now)
            bucket.rate = rate
            defer { state.buckets[id] = bucket }
            return bucket.take(count, now: now)
        }
    }

    private func find(_ matches: (Token) -> Bool) -> Token? {
        let now = clock.now()
        return state.withLock { state in
            var found: Token?
            for token in state.tokens where matches(token) { found = token }
            if let found, now - max(found.usedAt ?? 0, state.uses[found.id] ?? 0) >= 60_000 {
                state.uses[found.id] = now
            }
            return found
        }
    }

    private func refresh(after age: UInt64) async throws {
        let now = MonotonicClock.now()
        guard state.withLock({ now >= $0.readAt + age || $0.readAt == 0 }) else { return }
        let all = try await tokens.list()
        state.withLock { state in
            state.tokens = all.filter { $0.revokedAt == nil }
            state.isGuarded = !all.isEmpty
            state.readAt = now
        }
    }
}
