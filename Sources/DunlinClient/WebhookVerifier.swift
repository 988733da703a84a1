import Crypto
public import Foundation

/// Says whether a webhook comes from Dunlin (<https://www.standardwebhooks.com>). Check it before the body is read.
public struct WebhookVerifier: Sendable {
    public enum Failure: Error, Sendable, Equatable {
        /// `webhook-id`, `webhook-timestamp` or `webhook-signature` is missing or malformed.
        case missingHeader
        /// It is older or newer than the tolerance: perhaps it is replayed.
        case timestamp
        /// None of its signatures is right.
        case signature
    }

    private let key: SymmetricKey

    /// Seconds that a webhook's clock may differ from ours.
    public static let tolerance: TimeInterval = 300

    /// - Parameter secret: `whsec_` and base64, as the subscription's answer shows it.
    public init?(secret: String) {
        let text = secret.hasPrefix("whsec_") ? String(secret.dropFirst("whsec_".count)) : secret
        guard let data = Data(base64Encoded: text), !data.isEmpty else { return nil }
        key = SymmetricKey(data: data)
    }

    /// - Parameters:
    ///   - headers: names in any case.
    ///   - body: the bytes as they came.
    /// - Returns: the webhook's id: the same for each repetition, so keep it to take each once.
    @discardableResult
    public func verify(headers: [String: String], body: Data, now: Date = Date()) throws(Failure) -> String {
        let headers = Dictionary(headers.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
        guard let id = headers["webhook-id"], let stamp = headers["webhook-timestamp"], let seconds = Int64(stamp),
            let signatures = headers["webhook-signature"]
        else { throw .missingHeader }
        guard abs(now.timeIntervalSince1970 - TimeInterval(seconds)) <= WebhookVerifier.tolerance else {
            throw .timestamp
        }
        var signed = Data("\(id).\(stamp).".utf8)
        signed.append(body)
        for signature in signatures.split(separator: " ") where signature.hasPrefix("v1,") {
            guard let code = Data(base64Encoded: String(signature.dropFirst(3))) else { continue }
            if HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: key) { return id }
        }
        throw .signature
    }
}
