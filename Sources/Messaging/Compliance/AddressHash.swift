import Crypto
import Foundation
import Storage

/// Stands for an address that must not be kept, and can still be told to be the same: a keyed hash (HMAC-SHA-256).
struct AddressHash: Sendable {
    private let key: SymmetricKey

    static let prefix = "hash:"

    init(secret: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)),
            info: Data("dunlin address hash".utf8),
            outputByteCount: 32
        )
    }

    init(_ connection: any Connection) throws {
        self.init(secret: try Installation.secret(connection))
    }

    func of(_ text: String) -> String {
        AddressHash.prefix + Array(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)).hexadecimal
    }
}
