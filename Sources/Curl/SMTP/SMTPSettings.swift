/// A relay and how to speak to it.
public struct SMTPSettings: Sendable {
    public enum TLS: String, Sendable, Hashable, CaseIterable {
        /// `STARTTLS`, or no session.
        case required
        /// `STARTTLS` when the server offers it. A certificate that does not verify still ends the session.
        case opportunistic
        case none
    }

    /// Gives a bearer token for `OAUTHBEARER` or `XOAUTH2`. It is called before each connection, off the network
    /// thread, and should answer from memory: many connections may ask at once. `afterRefusal` is true when the
    /// server has just refused the last token: a fresh one must be fetched.
    public typealias BearerToken = @Sendable (_ afterRefusal: Bool) async throws -> String

    /// A name or an address; an IPv6 address without brackets.
    public var host: String
    public var port: Int
    /// TLS from the first byte (port 465); `tls` is not looked at.
    public var implicitTLS = false
    public var tls: TLS = .required
    /// With neither a password nor a bearer token there is no `AUTH`.
    public var username: String?
    public var password: String?
    /// Stands before `password`.
    public var bearerToken: BearerToken?
    /// What `EHLO` says; the host's own name when empty.
    public var heloName = ""
    /// The most sessions at a time, 1 or more.
    public var connections = 8
    /// After so many messages a session ends with `QUIT` and another takes its place.
    public var messagesPerConnection = 1000
    /// A session without work ends after so many seconds.
    public var idleSeconds = 30
    /// After a failure to connect no session is tried for so long, but for a new submission while none is open.
    public var retryPause: Duration = .seconds(1)
    public var timeouts = SMTPTimeouts()
    /// PEM certificates to trust in place of the system's.
    public var caFile: String?
    /// Off only in tests: neither certificate nor name is checked.
    public var verify = true
    /// Whether commands go in one flight when the server announces PIPELINING.
    public var pipelining = true

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Whether a session must be authenticated before it may carry mail.
    var hasCredentials: Bool { bearerToken != nil || (username != nil && password != nil) }
}
