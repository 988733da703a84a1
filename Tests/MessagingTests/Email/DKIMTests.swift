import Crypto
import Foundation
import TestSupport
import Testing

@testable import Messaging

@Suite("DKIM signatures")
struct DKIMTests {
    /// RFC 8463, appendix A.
    private enum Example {
        static let seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
        static let publicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        static let headers = [
            "From: Joe SixPack <joe@football.example.com>", "To: Suzie Q <suzie@shopping.example.net>",
            "Subject: Is dinner ready?", "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
            "Message-ID: <20030712040037.46341.5F8J@football.example.com>",
        ]
        static let body = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
        static let bodyHash = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
        static let signature =
            "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
        /// The signature's own field, `b=` empty.
        static let field =
            "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
            + " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n"
            + " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b="
    }

    private static func ed25519() throws -> DKIMKey {
        let prefix: [UInt8] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]
        let der = try Data(prefix) + #require(Data(base64Encoded: Example.seed))
        return try DKIMKey(
            pem: "-----BEGIN PRIVATE KEY-----\n\(der.base64EncodedString())\n-----END PRIVATE KEY-----\n"
        )
    }

    @Test("of the example of RFC 8463 are the RFC's, to the last byte")
    func example() throws {
        let key = try Self.ed25519()
        #expect(key.record == "v=DKIM1; k=ed25519; p=\(Example.publicKey)")
        let message = Array((Example.headers.joined(separator: "\r\n") + "\r\n\r\n" + Example.body).utf8)
        let (fields, body) = DKIMCanonical.split(message)
        #expect(Data(SHA256.hash(data: DKIMCanonical.body(body))).base64EncodedString() == Example.bodyHash)
        var data: [UInt8] = []
        for name in ["from", "to", "subject", "date", "message-id"] {
            data += try #require(fields.first { $0.name == name }).canonical + [0x0d, 0x0a]
        }
        data += DKIMCanonical.field(Array(Example.field.utf8))
        #expect(try key.signature(of: data).base64EncodedString() == Example.signature)
    }

    @Test(
        "the relaxed forms are those of RFC 6376, 3.4",
        arguments: [
            ("A: X\r\n", "a:X"), ("B : Y\t\r\n\tZ  \r\n", "b:Y Z"), ("Subject:\r\n", "subject:"),
            ("x-A  :  b : c\r\n", "x-a:b : c"), ("X::a\r\n", "x::a"), ("X: : a\r\n", "x:: a"),
        ]
    )
    func headers(raw: String, canonical: String) {
        #expect(String(decoding: DKIMCanonical.field(Array(raw.utf8)), as: UTF8.self) == canonical)
    }

    @Test(
        "and so are the bodies",
        arguments: [
            (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"), ("", ""), ("\r\n\r\n", ""), (" \t\r\n", ""), ("a", "a\r\n"),
            ("a\r\n\r\n \r\nb\r\n", "a\r\n\r\n\r\nb\r\n"), ("\ta", " a\r\n"),
        ]
    )
    func bodies(raw: String, canonical: String) {
        #expect(String(decoding: DKIMCanonical.body(Array(raw.utf8)), as: UTF8.self) == canonical)
    }

    @Test("keys are written and read again, of both kinds and as OpenSSL writes them; what is none is refused")
    func keys() throws {
        for algorithm in DKIMKey.Algorithm.allCases {
            let key = try DKIMKey(algorithm)
            #expect(try DKIMKey(pem: key.pem).record == key.record)
        }
        let folder = try TemporaryFolder()
        for (arguments, kind) in [
            (["genrsa", "-traditional", "2048"], DKIMKey.Algorithm.rsa),
            (["genpkey", "-algorithm", "ed25519"], .ed25519),
            (["genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:1024"], .rsa),
        ] {
            let file = "\(folder.path)/\(UUID().uuidString)"
            try Self.openssl(arguments, to: file)
            #expect(try DKIMKey(pem: String(contentsOfFile: file, encoding: .utf8)).algorithm == kind)
        }
        try Self.openssl(
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            to: folder.path + "/ec"
        )
        for text in [
            "", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            try String(contentsOfFile: folder.path + "/ec", encoding: .utf8),
        ] {
            #expect(throws: Rejection.self) { try DKIMKey(pem: text) }
        }
    }

    private static func openssl(_ arguments: [String], to file: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        FileManager.default.createFile(atPath: file, contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: file)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test(
        "a record of the DNS is held against the key's",
        arguments: [
            (["v=DKIM1; k=rsa; p=AB CD"], DKIMRecord.stands), (["p=ABCD"], .stands), ([], .missing),
            (["v=spf1 -all"], .missing), (["v=DKIM1; p="], .differs("the key is revoked there (p= is empty)")),
            (["v=DKIM1; p=XXXX"], .differs("another key stands there")),
            (["v=DKIM1; k=ed25519; p=ABCD"], .differs("another key stands there")),
            (["v=DKIM1; t=y:s; p=ABCD"], .differs("it stands there as a test (t=y): receivers do not believe it")),
            (["p=ABCD", "p=ABCD"], .several),
        ]
    )
    func records(found: [String], verdict: DKIMRecord) {
        #expect(DKIMRecord.compare(found, with: "v=DKIM1; k=rsa; p=ABCD") == verdict)
    }

    @Test("the field's lines are short, it names each header once more than it stands there, and is the same each time")
    func field() throws {
        let message = Array((Example.headers.joined(separator: "\r\n") + "\r\n\r\n" + Example.body).utf8)
        for algorithm in DKIMKey.Algorithm.allCases {
            let signer = DKIMSigner(key: try DKIMKey(algorithm), domain: "football.example.com", selector: "s1")
            let bytes = try signer.header(for: message, time: 1_528_637_909)
            #expect(try signer.header(for: message, time: 1_528_637_909) == bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.hasSuffix("\r\n"))
            #expect(text.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 }, "\(text)")
            let names = try #require(text.firstMatch(of: /h=([^;]+);/)).output.1.filter { !$0.isWhitespace }
                .split(separator: ":").map(String.init)
            #expect(names.count { $0 == "From" } == 2 && names.count { $0 == "Subject" } == 2)
            #expect(names.count { $0 == "List-Unsubscribe" } == 1 && names.count { $0 == "Cc" } == 1)
            #expect(!names.contains("MIME-Version"), "what is not there, and may be added, is not signed")
        }
    }
}
