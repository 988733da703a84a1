import Crypto
import Foundation

/// The signature of Standard Webhooks (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>):
/// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, keyed with what stands behind `whsec_`.
enum WebhookSignature {
    /// Whether a text is `whsec_` and 24 to 64 bytes in base64.
    static func isKey(_ text: String) -> Bool {
        guard text.hasPrefix("whsec_"), let key = Data(base64Encoded: String(text.dropFirst("whsec_".count))) else {
            return false
        }
        return (24...64).contains(key.count)
    }

    /// - Parameter timestamp: seconds since 1970.
    static func sign(id: String, timestamp: Int64, body: [UInt8], secret: String) -> String {
        let text = secret.hasPrefix("whsec_") ? String(secret.dropFirst("whsec_".count)) : secret
        let key = SymmetricKey(data: Data(base64Encoded: text) ?? Data(text.utf8))
        var signed = Data("\(id).\(timestamp).".utf8)
        signed.append(contentsOf: body)
        return "v1," + Data(HMAC<SHA256>.authenticationCode(for: signed, using: key)).base64EncodedString()
    }
}
