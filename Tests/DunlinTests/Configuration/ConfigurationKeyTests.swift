import Messaging
import TestSupport
import Testing

@testable import dunlin

@Suite("Configuration keys")
struct ConfigurationKeyTests {
    private func decode(_ yaml: String, environment: [String: String] = [:]) throws -> Configuration {
        try StrictDecoder(environment: environment, file: "dunlin.yaml").decode(Configuration.self, from: yaml)
    }

    @Test(
        "nothing at all is the defaults",
        arguments: ["", "\n", "# a comment\n", "{}", "---\n", "channels:\nbrands:\n"]
    )
    func defaults(yaml: String) throws {
        let configuration = try decode(yaml)
        #expect(configuration.database == "sqlite:dunlin.sqlite")
        #expect(configuration.databasePath == "dunlin.sqlite")
        #expect(configuration.templates == nil)
        #expect(configuration.sandbox == false)
        #expect(configuration.retention == TimeSpan("90d"))
        #expect(configuration.stopWithin == TimeSpan("30s"))
        #expect(configuration.channels.isEmpty)
        #expect(configuration.brands.isEmpty)
    }

    @Test("every key of the top level is read")
    func top() throws {
        let configuration = try decode(
            """
            database: sqlite:/var/lib/dunlin/queue.sqlite
            templates: words
            sandbox: true
            retention: 36h
            stop_within: 1.5s
            """
        )
        #expect(configuration.databasePath == "/var/lib/dunlin/queue.sqlite")
        #expect(configuration.templates == "words")
        #expect(configuration.sandbox)
        #expect(configuration.retention == TimeSpan(milliseconds: 36 * 3_600_000))
        #expect(configuration.stopWithin == TimeSpan(milliseconds: 1500))
        #expect(configuration.messaging.sandbox)
        #expect(configuration.messaging.retention == TimeSpan("36h"))
        #expect(configuration.messaging.stopWithin == TimeSpan("1500ms"))
    }

    @Test("finished messages can be kept for ever")
    func never() throws {
        #expect(try decode("retention: never").retention == nil)
    }

    @Test("every key of a brand is read, and its id is kept as it is written")
    func brand() throws {
        let configuration = try decode(
            """
            brands:
              AcmeUSA:
                name: Acme Ltd
                from: Acme Billing <billing@acme.example>
                reply_to: accounts@acme.example
                return_path: bounces@acme.example
                postal_address: 1 Main Street, Springfield, IL 62701, USA
                tone: formal
                locale: de-AT
                phone: +1 202 555 0123
                website: https://acme.example
                color: "#0a5c5c"
                headers: {X-Campaign: reminders, X-Number: 7}
            """
        )
        let brand = try #require(configuration.brands["AcmeUSA"])
        #expect(configuration.brands.count == 1)
        #expect(brand.name == "Acme Ltd")
        #expect(brand.from == "Acme Billing <billing@acme.example>")
        #expect(brand.replyTo == "accounts@acme.example")
        #expect(brand.returnPath == "bounces@acme.example")
        #expect(brand.postalAddress == "1 Main Street, Springfield, IL 62701, USA")
        #expect(brand.tone == "formal")
        #expect(brand.locale == "de-AT")
        #expect(brand.phone == "+1 202 555 0123")
        #expect(brand.website == "https://acme.example")
        #expect(brand.color == "#0a5c5c")
        #expect(brand.headers == ["X-Campaign": "reminders", "X-Number": "7"])
    }

    @Test("every key of an SMTP transport is read")
    func smtp() throws {
        let configuration = try decode(
            """
            channels:
              email:
                transports:
                  - type: smtp
                    name: relay
                    url: smtp://smtp.example.com:587
                    tls: opportunistic
                    username: dunlin
                    password: pass word
                    token_command: pass show token
                    connections: 32
                    messages_per_connection: 50
                    idle: 5s
                    helo: mail.acme.example
                    ca_file: ca.pem
                    connect_timeout: 1s
                    command_timeout: 2s
                    final_timeout: 3s
            """
        )
        let channel = try #require(configuration.channels[.email])
        guard case .smtp(let smtp) = try #require(channel.transports.first) else {
            Issue.record("an SMTP transport was expected")
            return
        }
        #expect(channel.transports.count == 1)
        #expect(channel.transports[0].name == "relay")
        #expect(smtp.url == "smtp://smtp.example.com:587")
        #expect(smtp.tls == .opportunistic)
        #expect(smtp.username == "dunlin")
        #expect(smtp.password?.value == "pass word")
        #expect(smtp.tokenCommand == "pass show token")
        #expect(smtp.connections == 32)
        #expect(smtp.messagesPerConnection == 50)
        #expect(smtp.idle == TimeSpan("5s"))
        #expect(smtp.helo == "mail.acme.example")
        #expect(smtp.caFile == "ca.pem")
        #expect(smtp.connectTimeout == TimeSpan("1s"))
        #expect(smtp.commandTimeout == TimeSpan("2s"))
        #expect(smtp.finalTimeout == TimeSpan("3s"))
    }

    @Test("a channel has transports in order, retries and a word for what is uncertain")
    func channel() throws {
        let configuration = try decode(
            """
            channels:
              email:
                transports:
                  - smtps://smtp.example.com
                  - {type: outbox, name: files, path: /var/spool/out}
                  - {type: outbox}
                retry: {first: 30s, factor: 1.5, max: 2h, give_up: 1d}
                uncertain: hold
              sms: {transports: []}
            """
        )
        let email = try #require(configuration.channels[.email])
        #expect(email.transports.map(\.name) == ["smtp", "files", "outbox"])
        #expect(email.retry.policy == RetryPolicy(first: 30_000, factor: 1.5, max: 7_200_000, giveUp: 86_400_000))
        #expect(email.uncertain == .hold)
        #expect(configuration.channels[.sms]?.retry.policy == RetryPolicy())
        #expect(configuration.channels[.sms]?.uncertain == .retry)
        #expect(configuration.channels.count == 2)
    }

    @Test(
        "the environment is read into any value, and only once",
        arguments: [
            ("database: sqlite:${A}", "sqlite:one"),
            ("database: sqlite:${A}/${B}.db", "sqlite:one/two.db"),
            ("database: sqlite:$A", "sqlite:$A"),
            ("database: sqlite:${C}", "sqlite:${A}"),
            ("database: sqlite:${EMPTY}x", "sqlite:x"),
        ]
    )
    func environment(yaml: String, expected: String) throws {
        let environment = ["A": "one", "B": "two", "C": "${A}", "EMPTY": ""]
        #expect(try decode(yaml, environment: environment).database == expected)
    }

    @Test("numbers and switches may come from the environment")
    func typedEnvironment() throws {
        #expect(try decode("sandbox: ${YES}", environment: ["YES": "true"]).sandbox)
        #expect(try decode("stop_within: ${TIME}", environment: ["TIME": "9s"]).stopWithin == TimeSpan("9s"))
    }

    @Test("what 'init' writes is a good configuration, and so is every line of it that is commented out")
    func sample() throws {
        let written = try decode(Init.text)
        #expect(written.channels[.email]?.retry.policy == RetryPolicy())
        #expect(Array(written.brands.keys) == ["example"])
        _ = try decode(
            uncommented(Init.text),
            environment: ["SMTP_PASSWORD": "x", "IMAP_PASSWORD": "x", "TWILIO_TOKEN": "x", "LINKEDIN_SECRET": "x"]
        )
    }

    /// The text with each commented key made a key, but for the ones that stand beside another of the same name.
    private func uncommented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let body = line.drop { $0 == " " }
            if body.hasPrefix("transports: []") || body.hasPrefix("# transports: [") { return "" }
            guard body.hasPrefix("# "), !body.hasPrefix("# Dunlin") else { return String(line) }
            return String(line.prefix(line.count - body.count)) + body.dropFirst(2)
        }.joined(separator: "\n")
    }

    @Test("relative paths start from the configuration's folder")
    func folder() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("database: sqlite:data/queue.sqlite\ntemplates: words", to: "dunlin.yaml")
        let configuration = try Configuration.load(path, environment: [:])
        #expect(configuration.databasePath == folder.path("data/queue.sqlite"))
        #expect(try configuration.templatesPath(environment: [:]) == folder.path("words"))
        #expect(configuration.messaging.folder == folder.path)
        #expect(
            try Configuration.load(nil, environment: ["DUNLIN_CONFIG": path]).databasePath == configuration.databasePath
        )
    }

    @Test("templates come from the configuration, else from DUNLIN_TEMPLATES, else they are the shipped ones")
    func templates() throws {
        var configuration = Configuration()
        #expect(try configuration.templatesPath(environment: ["DUNLIN_TEMPLATES": "/words"]) == "/words")
        #expect(try configuration.templatesPath(environment: [:]).hasSuffix("Templates"))
        configuration.templates = "/mine"
        #expect(try configuration.templatesPath(environment: ["DUNLIN_TEMPLATES": "/words"]) == "/mine")
    }
}
