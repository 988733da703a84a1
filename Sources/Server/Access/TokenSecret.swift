import Crypto
import Foundation

/// A token as its owner holds it: `dunlin_` and 256 random bits in base64url.
public struct TokenSecret: Sendable {
    public let text: String

    private static let prefix = "dunlin_"

    public init() {
        let bits = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        text =
            TokenSecret.prefix
            + bits.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// What is kept of it. No salt is needed: nobody guesses 256 random bits.
    public static func hash(_ text: String) -> [UInt8] {
        Array(SHA256.hash(data: Data(text.utf8)))
    }

    public var hash: [UInt8] { TokenSecret.hash(text) }
}
