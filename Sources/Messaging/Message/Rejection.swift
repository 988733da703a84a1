/// Why a message is not accepted: the place in it, what is wrong there, and what to do.
public struct Rejection: Error, Sendable, Equatable, CustomStringConvertible {
    /// Dotted, such as `attachments[0].base64`; empty for the message as a whole.
    public let place: String
    public let message: String

    public init(_ place: String, _ message: String) {
        self.place = place
        self.message = message
    }

    public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}
