/// A mailbox and how to open it.
public struct IMAPSettings: Sendable {
    /// A name or an address; an IPv6 address without brackets.
    public var host: String
    public var port: Int
    /// TLS from the first byte (port 993); else `STARTTLS` is asked for.
    public var implicitTLS: Bool
    /// In the clear: for a server on this machine.
    public var allowsPlain = false
    public var username: String
    public var password: String?
    /// Stands before `password`.
    public var bearerToken: String?
    /// A mailbox's name in ASCII.
    public var folder: String
    /// PEM certificates to trust in place of the system's.
    public var caFile: String?

    public init(host: String, port: Int, implicitTLS: Bool, username: String, folder: String = "INBOX") {
        self.host = host
        self.port = port
        self.implicitTLS = implicitTLS
        self.username = username
        self.folder = folder
    }
}

/// Why a mailbox could not be read.
public struct IMAPFailure: Error, Sendable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        /// No connection, or no TLS.
        case connection
        case credentials
        /// No answer in time.
        case timeout
        /// The server refused a command.
        case refused
        /// What came is not IMAP.
        case garbage
    }

    public let reason: Reason
    public let description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
