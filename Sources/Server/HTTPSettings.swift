import Foundation
public import Messaging

/// `http` in the configuration: the API, the operators' page and the metrics.
public struct HTTPSettings: Sendable, Decodable {
    /// `address:port`, such as `127.0.0.1:8025` (the default) or `[::]:8025`; port 0 takes a free one. `none` serves nothing.
    public var listen: String
    /// What the world calls this server, such as `https://reminders.example.com`. With https, cookies are marked Secure.
    public var publicURL: String?
    /// Connections at the same time, 1 to 100,000. Default 1024; more wait until one ends.
    public var connections: Int
    /// A request's head must have come within this time. Default `10s`.
    public var headerTimeout: TimeSpan
    /// A body may be waited for so long in all, and a second more for each KiB of it that came. Default `30s`.
    public var bodyTimeout: TimeSpan
    /// Messages that may be on their way to the database at once, 1 to 1,000,000; what comes beyond them is answered 503.
    /// Default 50,000.
    public var acceptQueue: Int
    /// Lets mail servers post mail to `/hooks/email?key=...`. Default: none may.
    public var inboundKey: Secret?
    /// A connection without a request is closed after this time. Default `75s`.
    public var idleTimeout: TimeSpan

    enum CodingKeys: String, CodingKey {
        case listen, connections
        case publicURL = "public_url"
        case headerTimeout = "header_timeout"
        case bodyTimeout = "body_timeout"
        case acceptQueue = "accept_queue"
        case idleTimeout = "idle_timeout"
        case inboundKey = "inbound_key"
    }

    public init() {
        listen = "127.0.0.1:8025"
        connections = 1024
        headerTimeout = TimeSpan(milliseconds: 10_000)
        bodyTimeout = TimeSpan(milliseconds: 30_000)
        acceptQueue = 50_000
        idleTimeout = TimeSpan(milliseconds: 75_000)
    }

    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        listen = try container.decodeIfPresent(String.self, forKey: .listen) ?? listen
        publicURL = try container.decodeIfPresent(String.self, forKey: .publicURL)
        connections = try container.decodeIfPresent(Int.self, forKey: .connections) ?? connections
        headerTimeout = try container.decodeIfPresent(TimeSpan.self, forKey: .headerTimeout) ?? headerTimeout
        bodyTimeout = try container.decodeIfPresent(TimeSpan.self, forKey: .bodyTimeout) ?? bodyTimeout
        acceptQueue = try container.decodeIfPresent(Int.self, forKey: .acceptQueue) ?? acceptQueue
        inboundKey = try container.decodeIfPresent(Secret.self, forKey: .inboundKey)
        idleTimeout = try container.decodeIfPresent(TimeSpan.self, forKey: .idleTimeout) ?? idleTimeout
        func refuse(_ key: CodingKeys, _ message: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: message)
        }
        if !isOff, ListenAddress(listen) == nil {
            throw refuse(.listen, "'\(listen)' is no address: write it like 127.0.0.1:8025, [::1]:8025, or none")
        }
        if let inboundKey, inboundKey.value.utf8.count < 16 {
            throw refuse(.inboundKey, "it must have 16 characters or more: whoever guesses it can post mail")
        }
        if let publicURL, HTTPSettings.origin(of: publicURL) == nil {
            throw refuse(.publicURL, "'\(publicURL)' is no address of a server: write it like https://host.example")
        }
        guard (1...100_000).contains(connections) else {
            throw refuse(.connections, "it must be from 1 to 100000")
        }
        guard (1...1_000_000).contains(acceptQueue) else {
            throw refuse(.acceptQueue, "it must be from 1 to 1000000")
        }
        if bodyTimeout.milliseconds == 0 { throw refuse(.bodyTimeout, "it must be more than 0") }
        if headerTimeout.milliseconds == 0 { throw refuse(.headerTimeout, "it must be more than 0") }
        if idleTimeout.milliseconds == 0 { throw refuse(.idleTimeout, "it must be more than 0") }
    }

    public var isOff: Bool { listen == "none" }

    /// Whether browsers reach the server through TLS.
    var isSecure: Bool { publicURL?.lowercased().hasPrefix("https://") ?? false }

    /// Such as `https://reminders.example.com`, in lower case.
    var publicOrigin: String? {
        guard let publicURL, let url = HTTPSettings.origin(of: publicURL), let scheme = url.scheme, let host = url.host
        else { return nil }
        return "\(scheme)://\(host)\(url.port.map { ":\($0)" } ?? "")".lowercased()
    }

    private static func origin(of text: String) -> URLComponents? {
        guard let url = URLComponents(string: text), url.scheme == "https" || url.scheme == "http",
            let host = url.host, !host.isEmpty, url.query == nil, url.fragment == nil, url.user == nil
        else { return nil }
        return url
    }
}

/// Where the server listens.
public struct ListenAddress: Sendable, Equatable {
    public let host: String
    public let port: Int

    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.host = host
        self.port = port
    }

    /// Whether only this machine can reach it.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
