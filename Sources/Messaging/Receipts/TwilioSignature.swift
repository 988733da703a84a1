import Crypto
import Foundation
import JSON

/// `X-Twilio-Signature`: HMAC-SHA1 with the account's token over the address and, sorted by name, each parameter's name and
/// values (<https://www.twilio.com/docs/usage/security>).
enum TwilioSignature {
    /// - Parameter parameters: of a form; empty for any other body, whose hash the address carries then.
    static func sign(url: String, parameters: [(name: String, value: String)], token: String) -> String {
        let values = Dictionary(grouping: parameters, by: \.name).mapValues { Set($0.map(\.value)) }
        var text = url
        for name in values.keys.sorted(by: isBefore) {
            for value in (values[name] ?? []).sorted(by: isBefore) { text += name + value }
        }
        let key = SymmetricKey(data: Data(token.utf8))
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Data(text.utf8), using: key)
        return Data(code).base64EncodedString()
    }

    private static func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// Whether a request comes from Twilio. It is inconsistent about standard ports, so the address counts with and without.
    static func isValid(
        _ signature: String,
        url: String,
        parameters: [(name: String, value: String)],
        body: [UInt8],
        token: String
    ) -> Bool {
        let hash = FormEncoding.decode(Array((url.split(separator: "?", maxSplits: 1).dropFirst().first ?? "").utf8))
            .first { $0.name == "bodySHA256" }?.value
        if let hash {
            let actual = SHA256.hash(data: body).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
                .joined()
            guard isEqualInConstantTime(Array(actual.utf8), Array(hash.lowercased().utf8)) else { return false }
        }
        var isValid = false
        for address in [withPort(url), withoutPort(url)] {
            let expected = sign(url: address, parameters: hash == nil ? parameters : [], token: token)
            if isEqualInConstantTime(Array(signature.utf8), Array(expected.utf8)) { isValid = true }
        }
        return isValid
    }

    private static func parts(_ url: String) -> (scheme: Substring, host: Substring, port: Substring?, rest: Substring)?
    {
        guard let start = url.firstRange(of: "://") else { return nil }
        let after = url[start.upperBound...]
        let end = after.firstIndex { $0 == "/" || $0 == "?" } ?? after.endIndex
        let authority = after[..<end]
        let bracket = authority.lastIndex(of: "]")
        guard let colon = authority.lastIndex(of: ":"), bracket.map({ $0 < colon }) ?? true else {
            return (url[..<start.lowerBound], authority, nil, after[end...])
        }
        return (
            url[..<start.lowerBound], authority[..<colon], authority[authority.index(after: colon)...], after[end...]
        )
    }

    private static func withPort(_ url: String) -> String {
        guard let parts = parts(url), parts.port == nil else { return url }
        return "\(parts.scheme)://\(parts.host):\(parts.scheme == "http" ? "80" : "443")\(parts.rest)"
    }

    private static func withoutPort(_ url: String) -> String {
        guard let parts = parts(url), parts.port != nil else { return url }
        return "\(parts.scheme)://\(parts.host)\(parts.rest)"
    }
}
