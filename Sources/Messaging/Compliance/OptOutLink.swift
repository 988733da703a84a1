import Crypto
import Foundation

/// What a link in a message says of it, so that whoever opens it can say no: it still says so when the message is forgotten.
public struct OptOutLink: Sendable, Equatable {
    public let message: Int64
    public let channel: Channel
    /// What opt-outs are matched by.
    public let addressKey: String
    public let brand: String
    public let category: String
    /// The message's language, such as `en`.
    public let locale: String

    public init(
        message: Int64,
        channel: Channel,
        addressKey: String,
        brand: String,
        category: String,
        locale: String
    ) {
        self.message = message
        self.channel = channel
        self.addressKey = addressKey
        self.brand = brand
        self.category = category
        self.locale = locale
    }

    private static let separator: UInt8 = 0x1f

    fileprivate var plain: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        bytes += String(message).utf8
        for word in [channel.rawValue, addressKey, brand, category, locale] {
            bytes.append(OptOutLink.separator)
            bytes += word.utf8
        }
        return bytes
    }

    fileprivate init?(plain: some Collection<UInt8>) {
        let words = plain.split(separator: OptOutLink.separator, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 6, let message = Int64(words[0]), let channel = Channel(rawValue: words[1]) else {
            return nil
        }
        self.init(
            message: message,
            channel: channel,
            addressKey: words[2],
            brand: words[3],
            category: words[4],
            locale: words[5]
        )
    }
}

/// Makes and reads the tokens of opt-out links: sealed, so that nobody can forge or read one, and good for ever.
///
/// The same message always has the same token. A token names the key that sealed it; the newest key seals, every older one
/// still opens.
public struct OptOutTokens: Sendable {
    private struct Key: Sendable {
        let seal: SymmetricKey
        let nonce: StableHash
    }

    private let keys: [UInt8: Key]
    private let newest: UInt8

    private static let nonceLength = 12
    /// No token is longer; bytes.
    static let longest = 1500

    /// - Parameter secrets: random words by their number, at least one.
    public init(secrets: [UInt8: String]) {
        keys = secrets.mapValues { secret in
            let seal = HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)),
                info: Data("dunlin opt-out seal".utf8),
                outputByteCount: 32
            )
            return Key(seal: seal, nonce: StableHash(secret: "dunlin opt-out nonce \(secret)"))
        }
        newest = secrets.keys.max() ?? 0
    }

    public func token(_ link: OptOutLink) -> String {
        guard let key = keys[newest] else { return "" }
        let plain = link.plain
        // The nonce follows from what is sealed and its message: the same link is the same token, and two different ones do not
        // share a nonce but by a collision of a keyed hash among messages whose numbers are 2^32 apart.
        var bytes = [UInt8](repeating: 0, count: OptOutTokens.nonceLength)
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: key.nonce.hash(plain.span), as: UInt64.self)
            $0.storeBytes(of: UInt32(truncatingIfNeeded: link.message), toByteOffset: 8, as: UInt32.self)
        }
        guard let nonce = try? ChaChaPoly.Nonce(data: bytes),
            let box = try? ChaChaPoly.seal(plain, using: key.seal, nonce: nonce, authenticating: [newest])
        else { return "" }
        return Base64URL.encode([newest] + box.combined)
    }

    /// `nil` for what no key of ours has sealed.
    public func open(_ token: String) -> OptOutLink? {
        guard token.utf8.count <= OptOutTokens.longest else { return nil }
        guard let bytes = Base64URL.decode(token), let number = bytes.first, let key = keys[number],
            let box = try? ChaChaPoly.SealedBox(combined: Data(bytes.dropFirst())),
            let plain = try? ChaChaPoly.open(box, using: key.seal, authenticating: [number])
        else { return nil }
        return OptOutLink(plain: plain)
    }
}

/// Where people say no: the addresses of opt-out links.
public struct OptOutLinks: Sendable {
    /// Such as `https://reminders.example.com/u/`.
    private let base: String
    public let tokens: OptOutTokens

    public init(publicURL: String, tokens: OptOutTokens) {
        base = (publicURL.hasSuffix("/") ? publicURL : publicURL + "/") + "u/"
        self.tokens = tokens
    }

    public func url(_ link: OptOutLink) -> String { base + tokens.token(link) }

    /// Looks like one, and opens nothing.
    var deadURL: String { base + "preview" }
}

/// Base64 with `-` and `_`, without padding (RFC 4648, 5).
enum Base64URL {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: .max, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    static func encode(_ bytes: [UInt8]) -> String {
        let digits = digits
        return String(unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { out in
            var (word, bits, count) = (0, 0, 0)
            for byte in bytes {
                word = word << 8 | Int(byte)
                bits += 8
                while bits >= 6 {
                    bits -= 6
                    out[count] = digits[word >> bits & 63]
                    count += 1
                }
                word &= 1 << bits - 1
            }
            if bits > 0 {
                out[count] = digits[word << (6 - bits) & 63]
                count += 1
            }
            return count
        }
    }

    /// `nil` for what ``encode(_:)`` never gives.
    static func decode(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var (word, bits) = (0, 0)
        for digit in text.utf8 {
            let value = values[Int(digit)]
            guard value != .max else { return nil }
            word = word << 6 | Int(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(word >> bits & 255))
            }
            word &= 1 << bits - 1
        }
        // What is left over must say nothing: a token is spelled in one way.
        return bits < 6 && word == 0 ? out : nil
    }
}
