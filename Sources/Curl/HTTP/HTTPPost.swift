/// A request that is posted to another server.
public struct HTTPPost: Sendable {
    /// `http://` or `https://`.
    public var url: String
    /// Without line breaks.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// Seconds until the connection stands, and until all is over.
    public var connectSeconds = 10
    public var totalSeconds = 30
    /// Addresses within private networks may be connected to as well.
    public var allowsPrivateAddresses = false
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
    /// Seconds that `Retry-After` asks for (RFC 9110, 10.2.3); a date there is not read.
    public let retryAfter: Int?
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
        /// The connection was lost, or what came is no HTTP.
        case broken
        /// The thread ends.
        case aborted
    }

    public let reason: Reason
    public let description: String
}
