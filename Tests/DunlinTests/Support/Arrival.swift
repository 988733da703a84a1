/// A message as a server of the test got it.
struct Arrival: Decodable {
    let connection: Int
    /// When MAIL FROM was read: nanoseconds of CLOCK_MONOTONIC.
    let mailAt: UInt64
    let sender: String
    /// What stood behind the sender in MAIL FROM.
    let parameters: String
    let recipients: [String]
    let subject: String
    let messageId: String
    /// Where it is kept, byte for byte.
    let file: String?
    /// What the server said after the final dot; empty if nothing.
    let answer: String
    /// How late the server has been at most until then in noticing what came, nanoseconds.
    let lateness: UInt64
    let tls: Bool?
    let user: String?
}
