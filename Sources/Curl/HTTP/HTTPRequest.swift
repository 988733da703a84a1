/// A request to another server.
public struct HTTPRequest: Sendable {
    public enum Method: String, Sendable, Codable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        /// Asks for nothing: it opens a connection that the next request finds.
        case head = "HEAD"
    }

    public var method = Method.post
    /// `http://` or `https://`.
    public var url: String
    /// Without line breaks.
    public var headers: [(name: String, value: String)]
    /// Nothing for GET.
    public var body: [UInt8]
    /// Seconds until the connection stands.
    public var connectSeconds = 10
    /// Milliseconds until all is over.
    public var totalMilliseconds = 30_000
    /// Monotonic nanoseconds after which no byte of it may leave.
    public var startBy = UInt64.max
    /// Addresses within private networks may be connected to as well.
    public var allowsPrivateAddresses = false
    /// The other side knows a repeated request for the same. Else libcurl must not send it again by itself, as it does when a
    /// kept connection turns out to be closed: that ends as ``HTTPFailure``.
    public var isRepeatable = true
    /// Certificates to trust instead of the system's, a PEM file.
    public var caFile: String?
    /// Bytes of the answer that are kept; a longer one is cut off, and is no error.
    public var mostAnswerBytes = 4096

    public init(url: String, headers: [(name: String, value: String)], body: [UInt8]) {
        self.url = url
        self.headers = headers
        self.body = body
    }
}

public struct HTTPAnswer: Sendable {
    public let status: Int
    /// The beginning of it.
    public let body: [UInt8]
    /// By lower-case name; of several the last.
    public let headers: [String: String]
    /// Seconds that `Retry-After` asks for (RFC 9110, 10.2.3), from a date too.
    public let retryAfter: Int?

    public init(status: Int, body: [UInt8], headers: [String: String] = [:], retryAfter: Int? = nil) {
        self.status = status
        self.body = body
        self.headers = headers
        self.retryAfter = retryAfter
    }
}

/// Why there is no answer.
public struct HTTPFailure: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable {
        /// No connection was made: nothing was sent.
        case connect
        case tls
        case timeout
        /// The name leads to an address that is not public.
        case privateAddress
        /// The connection stood only when it was too late: nothing was sent.
        case late
        /// The connection was lost, or what came is no HTTP.
        case broken
        /// The thread ends.
        case aborted
    }

    public let reason: Reason
    /// The request, or the beginning of it, has left: perhaps the other side has taken it.
    public let hasLeft: Bool
    public let description: String

    public init(_ reason: Reason, hasLeft: Bool, _ description: String) {
        self.reason = reason
        self.hasLeft = hasLeft
        self.description = description
    }
}
