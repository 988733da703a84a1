/// A fault in the configuration file: where, what, and what to do.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    let file: String
    let line: Int?
    /// Dotted, such as `channels.email.retry`.
    let key: String
    let message: String

    var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
    }
}
