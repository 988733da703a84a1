import Foundation
import Testing

@testable import Messaging

@Suite("Signatures of providers")
struct SignatureVectorTests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        enum Values: Decodable, Sendable {
            case one(String)
            case many([String])

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let one = try? container.decode(String.self) {
                    self = .one(one)
                } else {
                    self = .many(try container.decode([String].self))
                }
            }
        }

        let name: String
        let scheme: String
        let expected: String
        var authToken: String?
        var url: String?
        var params: [String: Values]?
        var body: String?
        var secret: String?
        var id: String?
        var timestamp: String?

        var testDescription: String { name }

        var parameters: [(name: String, value: String)] {
            (params ?? [:]).flatMap { name, values in
                switch values {
                case .one(let value): [(name, value)]
                case .many(let values): values.map { (name, $0) }
                }
            }
        }
    }

    static func vectors(_ scheme: String) -> [Vector] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("signature_vectors.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = try? Data(contentsOf: file), let all = try? decoder.decode([Vector].self, from: data) else {
            return []
        }
        return all.filter { $0.scheme == scheme }
    }

    /// The same text with one bit of one byte turned.
    static func forged(_ text: String) -> [String] {
        Array(text.utf8).indices.map { index in
            var bytes = Array(text.utf8)
            bytes[index] ^= 1
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test("the vectors are there")
    func present() {
        #expect(Self.vectors("standard-webhooks").count == 3)
        #expect(Self.vectors("twilio-sha1").count == 8)
    }

    @Test("Standard Webhooks: as published", arguments: vectors("standard-webhooks"))
    func standardWebhooks(vector: Vector) throws {
        let time = try #require(vector.timestamp.flatMap { Int64($0) })
        let (id, body, secret) = (vector.id ?? "", Array((vector.body ?? "").utf8), vector.secret ?? "")
        func sign(_ id: String, _ time: Int64, _ body: [UInt8]) -> String {
            WebhookSignature.sign(id: id, timestamp: time, body: body, secret: secret)
        }
        #expect(sign(id, time, body) == vector.expected)
        #expect(sign(id, time + 1, body) != vector.expected)
        for other in Self.forged(vector.body ?? "") { #expect(sign(id, time, Array(other.utf8)) != vector.expected) }
    }

    @Test(
        "Twilio: as published, with and without a port, and never with one bit of it turned",
        arguments: vectors("twilio-sha1")
    )
    func twilio(vector: Vector) throws {
        let (url, token) = (try #require(vector.url), try #require(vector.authToken))
        let body = Array((vector.body ?? "").utf8)
        func isValid(
            _ signature: String,
            url: String? = nil,
            parameters: [(name: String, value: String)]? = nil,
            body other: [UInt8]? = nil
        ) -> Bool {
            TwilioSignature.isValid(
                signature,
                url: url ?? vector.url ?? "",
                parameters: parameters ?? vector.parameters,
                body: other ?? body,
                token: token
            )
        }
        #expect(isValid(vector.expected))
        for signature in Self.forged(vector.expected) { #expect(!isValid(signature)) }
        #expect(!isValid(""))
        #expect(!isValid(vector.expected, url: url.replacing("mycompany", with: "mycompani") + "x"))
        if !vector.parameters.isEmpty {
            #expect(!isValid(vector.expected, parameters: vector.parameters + [("Added", "1")]))
            let name = vector.parameters[0].name
            #expect(!isValid(vector.expected, parameters: vector.parameters.filter { $0.name != name }))
        }
        if vector.body != nil { #expect(!isValid(vector.expected, body: body + [0x20])) }
    }

    @Test(
        "Twilio: the standard port counts whether it is written or not, another does not",
        arguments: [
            ("https://example.com/hooks", "https://example.com:443/hooks", true),
            ("https://example.com:443/hooks", "https://example.com/hooks", true),
            ("http://example.com/hooks", "http://example.com:80/hooks", true),
            ("https://example.com/hooks", "https://example.com:8443/hooks", false),
            ("https://[::1]/hooks", "https://[::1]:443/hooks", true),
            ("https://example.com?a=1", "https://example.com:443?a=1", true),
        ]
    )
    func ports(asked: String, signed: String, expected: Bool) {
        let signature = TwilioSignature.sign(url: signed, parameters: [("A", "1")], token: "t")
        #expect(
            TwilioSignature.isValid(signature, url: asked, parameters: [("A", "1")], body: [], token: "t") == expected
        )
    }
}
