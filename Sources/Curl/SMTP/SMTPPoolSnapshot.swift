/// How a pool stands at one moment.
public struct SMTPPoolSnapshot: Sendable, Hashable {
    public struct Session: Sendable, Hashable {
        public var phase: SMTPPhase
        /// For how long the session has waited in this phase for an answer, for room in the socket, or for work.
        public var age: Duration
        /// Messages that have come to their end on it.
        public var messages: Int

        public init(phase: SMTPPhase, age: Duration, messages: Int) {
            self.phase = phase
            self.age = age
            self.messages = messages
        }
    }

    /// Every session, from its first step towards a connection to its last towards a proper end.
    public var sessions: [Session] = []
    /// Submissions that wait for a session.
    public var queued = 0
    /// Submissions under way on a session.
    public var inFlight = 0
    /// Why no session could be opened the last time; `nil` since one could.
    public var lastConnectFailure: SMTPFailure?
    /// What the server announced when a session was last opened.
    public var extensions: SMTPExtensions?

    public init() {}

    public var connections: Int { sessions.count }
    public var idle: Int { sessions.count { $0.phase == .idle } }
}
