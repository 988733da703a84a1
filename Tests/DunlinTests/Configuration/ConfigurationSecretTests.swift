import Messaging
import Testing

@testable import dunlin

@Suite("Secrets in the configuration")
struct ConfigurationSecretTests {
    private static let word = "hunter2hunter2"

    private static func yaml(_ password: String) -> String {
        """
        channels:
          email:
            transports:
              - type: smtp
                url: smtp://smtp.example.com:587
                username: dunlin
                password: \(password)
        """
    }

    @Test("a password stands in no description of the configuration", arguments: [word, "${SMTP_PASSWORD}"])
    func description(password: String) throws {
        let configuration = try StrictDecoder(environment: ["SMTP_PASSWORD": Self.word], file: "dunlin.yaml")
            .decode(Configuration.self, from: Self.yaml(password))
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [
            "\(configuration)", String(reflecting: configuration), "\(configuration.messaging)",
            String(reflecting: configuration.messaging), dumped,
        ] {
            #expect(text.contains("smtp.example.com"))
            #expect(text.contains("(secret)"))
            #expect(!text.contains(Self.word))
        }
        guard case .smtp(let smtp)? = configuration.channels[.email]?.transports.first else {
            Issue.record("an SMTP transport was expected")
            return
        }
        #expect(smtp.password?.value == Self.word)
    }

    @Test(
        "a password stands in no error",
        arguments: [
            yaml("\"\(word)"),
            yaml("[\(word)]"),
            yaml("{\(word): 1}"),
            yaml("${SMTP_PASSWORD}") + "\n        connections: ${SMTP_PASSWORD}",
            yaml("${SMTP_PASSWORD}") + "\n        tls: ${SMTP_PASSWORD}",
            yaml(word) + "\n        unknown: 1",
            yaml(word) + "\n        password: \(word)",
            yaml(word) + "\n       x",
            "sandbox: ${SMTP_PASSWORD}",
            "channels: {email: {retry: {factor: ${SMTP_PASSWORD}}}}",
        ]
    )
    func errors(yaml: String) throws {
        let decoder = StrictDecoder(environment: ["SMTP_PASSWORD": Self.word], file: "dunlin.yaml")
        let error = #expect(throws: ConfigurationError.self) { try decoder.decode(Configuration.self, from: yaml) }
        #expect(try !#require(error).description.contains(Self.word))
    }
}
