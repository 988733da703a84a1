import TestSupport

/// A self-signed certificate for the loopback and its key, PEM files made by openssl.
final class Certificate: Sendable {
    private let folder: TemporaryFolder

    var file: String { folder.path("certificate.pem") }
    var key: String { folder.path("key.pem") }

    /// - Parameter names: in the form of `subjectAltName`.
    init(_ names: String = "DNS:localhost,IP:127.0.0.1") async throws {
        folder = try TemporaryFolder()
        let outcome = try await Child(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=relay.example", "-addext",
                "subjectAltName=\(names)", "-keyout", folder.path("key.pem"), "-out", folder.path("certificate.pem"),
            ]
        ).end()
        guard outcome.code == 0 else { throw Complaint("openssl: \(outcome.errors)") }
    }
}
