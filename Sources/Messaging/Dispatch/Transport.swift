import Crypto

/// A way out for a channel, such as a mail relay.
///
/// A transport takes deliveries in batches and reports what came of each exactly once, in batches, in any order.
public protocol Transport: Sendable {
    var name: String { get }

    /// How many deliveries can be on the wire at once.
    var parallelism: Int { get }

    /// Begins. `report` is called from any thread.
    func start(report: @escaping @Sendable ([DeliveryReport]) -> Void)

    /// A delivery whose first byte cannot leave before its ``Delivery/startBy`` is reported as stale instead.
    func deliver(_ deliveries: [Delivery])

    /// Reports everything that has not begun as put back.
    func withdraw()

    /// Cuts what is on the wire: it is reported as failed or uncertain at once.
    func abort()

    /// Finishes what is on the wire and lets go of everything.
    func close() async

    /// Connections that are open now.
    var connections: Int { get async }

    /// How fast it may be asked to deliver; `nil` for as fast as it can.
    var limit: RateLimit? { get }

    /// What a unit of ``cost(of:)`` costs; `nil` for what is not counted.
    var price: Price? { get }

    /// The recipient domains that it is for, alone; `nil` for all that no other transport is for.
    var domains: DomainSet? { get }

    /// What a delivery takes of ``limit``.
    func cost(of delivery: Delivery) -> Int
}

extension Transport {
    public var limit: RateLimit? { nil }
    public var domains: DomainSet? { nil }
    public var price: Price? { nil }
    public func cost(of delivery: Delivery) -> Int { 1 }
}

/// A rendered message on its way to a transport.
public struct Delivery: Sendable {
    public let handOff: HandOff
    public let payload: Payload
    /// Monotonic nanoseconds after which its first byte must not leave without a new hand-off.
    public var startBy: UInt64

    public enum Payload: Sendable {
        case email(EmailPayload)
        /// Any other channel.
        case parts(PartsPayload)

        /// News for a subscriber.
        case event(EventPayload)

        /// SHA-256 of what goes out; of parts, over their names and bytes in order. Empty for news.
        var hash: [UInt8] {
            switch self {
            case .email(let email): return SHA256.hash(data: email.bytes).bytes
            case .parts(let parts):
                var hash = SHA256()
                for (name, bytes) in parts.parts.sorted(by: { $0.key < $1.key }) {
                    hash.update(data: Array("\(name) \(bytes.count)\n".utf8))
                    hash.update(data: bytes)
                }
                return Array(hash.finalize())
            case .event: return []
            }
        }

        /// Bytes.
        var size: Int {
            switch self {
            case .email(let email): email.bytes.count
            case .parts(let parts): parts.parts.values.reduce(0) { $0 + $1.count }
            case .event(let event): event.body.count
            }
        }
    }

    /// Rendered parts, and what a receiver is told beside them.
    public struct PartsPayload: Sendable {
        public let channel: Channel
        /// The address as given.
        public let to: String
        /// What opt-outs are matched by; a phone number in E.164.
        public let addressKey: String
        public let brand: String
        public var key: String?
        public var customer: String?
        public var conversation: String?
        /// JSON.
        public var metadata: [UInt8]?
        /// By name, such as `sms.txt`.
        public let parts: [String: [UInt8]]

        public init(channel: Channel, to: String, addressKey: String, brand: String, parts: [String: [UInt8]]) {
            self.channel = channel
            self.to = to
            self.addressKey = addressKey
            self.brand = brand
            self.parts = parts
        }

        var subject: String? { part("subject.txt") }
        var text: String { part("\(channel.rawValue).txt") ?? "" }
        var html: String? { part("\(channel.rawValue).html") }

        private func part(_ name: String) -> String? { parts[name].map { String(decoding: $0, as: UTF8.self) } }
    }

    /// The body of a webhook, as JSON, and for whom.
    public struct EventPayload: Sendable {
        public let subscription: Int64
        public let url: String
        public let body: [UInt8]
    }

    /// An envelope and its bytes: CRLF lines, not dot-stuffed.
    public struct EmailPayload: Sendable {
        public let sender: String
        public let recipient: String
        public let needsSMTPUTF8: Bool
        public let has8Bit: Bool
        public let bytes: [UInt8]
    }
}

/// What came of a delivery.
public struct DeliveryReport: Sendable {
    public let id: Int64
    public let result: Result
    /// What it tells about the lane.
    public let sign: Breaker.Sign?

    public enum Result: Sendable, Equatable {
        case outcome(Outcome)
        /// It could not begin in time: it needs a new hand-off.
        case stale
    }

    public init(id: Int64, _ result: Result, sign: Breaker.Sign? = nil) {
        self.id = id
        self.result = result
        self.sign = sign
    }
}
