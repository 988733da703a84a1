import Crypto
import CryptoExtras
import Foundation

/// A private key that signs mail: RSA of 1024 bits or more (RFC 8301), or Ed25519 (RFC 8463).
public struct DKIMKey: Sendable {
    enum Kind: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    let kind: Kind

    public enum Algorithm: String, Sendable, CaseIterable {
        case rsa, ed25519
    }

    /// What a PKCS#8 file of Ed25519 begins with, before the 32 bytes of the key (RFC 8410, 7).
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    /// Reads a PEM file: PKCS#8 of either kind, or PKCS#1.
    public init(pem: String) throws(Rejection) {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let isKey = lines.first { $0.hasPrefix("-----BEGIN") }?.contains("PRIVATE KEY") ?? false
        guard isKey, let der = Data(base64Encoded: lines.filter { !$0.hasPrefix("-----") }.joined()) else {
            throw Rejection("", "it is no private key: a PEM file with BEGIN PRIVATE KEY is expected")
        }
        if Array(der.prefix(DKIMKey.ed25519Prefix.count)) == DKIMKey.ed25519Prefix, der.count == 48,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der.suffix(32))
        {
            kind = .ed25519(key)
        } else if let key = try? _RSA.Signing.PrivateKey(unsafePEMRepresentation: pem) {
            guard key.keySizeInBits >= 1024 else {
                throw Rejection("", "its RSA key has \(key.keySizeInBits) bits: 2048 are usual, 1024 the least")
            }
            kind = .rsa(key)
        } else {
            throw Rejection("", "it is neither an RSA key nor one of Ed25519")
        }
    }

    /// A fresh one; RSA has 2048 bits.
    public init(_ algorithm: Algorithm) throws {
        switch algorithm {
        case .rsa: kind = .rsa(try _RSA.Signing.PrivateKey(keySize: .bits2048))
        case .ed25519: kind = .ed25519(Curve25519.Signing.PrivateKey())
        }
    }

    /// PKCS#8.
    public var pem: String {
        switch kind {
        case .rsa(let key): return key.pkcs8PEMRepresentation + "\n"
        case .ed25519(let key):
            let der = Data(DKIMKey.ed25519Prefix) + key.rawRepresentation
            return "-----BEGIN PRIVATE KEY-----\n\(der.base64EncodedString())\n-----END PRIVATE KEY-----\n"
        }
    }

    public var algorithm: Algorithm {
        switch kind {
        case .rsa: .rsa
        case .ed25519: .ed25519
        }
    }

    /// What its DNS record says (RFC 6376, 3.6.1).
    public var record: String { "v=DKIM1; k=\(algorithm.rawValue); p=\(publicKey.base64EncodedString())" }

    /// As `p=` has it: SubjectPublicKeyInfo of RSA, the 32 bytes of Ed25519.
    var publicKey: Data {
        switch kind {
        case .rsa(let key): key.publicKey.derRepresentation
        case .ed25519(let key): key.publicKey.rawRepresentation
        }
    }

    /// Signs the canonical headers: RSA over them, Ed25519 over their hash (RFC 8463, 3).
    func signature(of data: [UInt8]) throws -> Data {
        let digest = SHA256.hash(data: data)
        return switch kind {
        case .rsa(let key): try key.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation
        case .ed25519(let key): try key.signature(for: Data(digest))
        }
    }
}
