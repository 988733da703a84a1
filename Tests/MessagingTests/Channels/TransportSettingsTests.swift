import Curl
import Testing

@testable import Messaging

@Suite("Transports as they are configured")
struct TransportSettingsTests {
    private static func smtp(
        _ url: String,
        _ change: (inout SMTPTransportSettings) -> Void = { _ in }
    ) -> SMTPTransportSettings {
        var settings = SMTPTransportSettings(url: url)
        change(&settings)
        return settings
    }

    private static func read(_ settings: SMTPTransportSettings, folder: String = ".") throws -> SMTPSettings {
        try Transports.smtpSettings(settings, "place", folder: folder)
    }

    @Test(
        "a URL gives host, port and the kind of TLS; a loopback server need not have it",
        arguments: [
            ("smtp://smtp.example.com", "smtp.example.com", 25, false, SMTPSettings.TLS.required),
            ("smtp://smtp.example.com:587/", "smtp.example.com", 587, false, .required),
            ("smtps://smtp.example.com", "smtp.example.com", 465, true, .required),
            ("smtps://smtp.example.com:2465", "smtp.example.com", 2465, true, .required),
            ("smtp://localhost:1025", "localhost", 1025, false, .opportunistic),
            ("smtp://127.0.0.1", "127.0.0.1", 25, false, .opportunistic),
            ("smtp://[::1]:2525", "::1", 2525, false, .opportunistic),
            ("smtp://[2001:db8::1]", "2001:db8::1", 25, false, .required),
            ("smtp://127.example.com", "127.example.com", 25, false, .required),
            ("smtp://localhost.example.com", "localhost.example.com", 25, false, .required),
        ]
    )
    func url(text: String, host: String, port: Int, isImplicit: Bool, tls: SMTPSettings.TLS) throws {
        let settings = try Self.read(Self.smtp(text))
        #expect(settings.host == host)
        #expect(settings.port == port)
        #expect(settings.implicitTLS == isImplicit)
        #expect(settings.tls == tls)
    }

    @Test("what is configured arrives, and the rest is the default")
    func values() throws {
        let plain = try Self.read(Self.smtp("smtp://a.example"))
        #expect(plain.connections == 8)
        #expect(plain.messagesPerConnection == 1000)
        #expect(plain.idleSeconds == 15)
        #expect(plain.timeouts == SMTPTimeouts())
        #expect(plain.caFile == nil)
        #expect(plain.username == nil)
        let full = try Self.read(
            Self.smtp("smtp://a.example") {
                $0.username = "dunlin"
                $0.password = Secret("word")
                $0.connections = 500
                $0.messagesPerConnection = 1
                $0.idle = TimeSpan("2s")
                $0.helo = "mail.acme.example"
                $0.caFile = "ca.pem"
                $0.connectTimeout = TimeSpan("1s")
                $0.commandTimeout = TimeSpan("2s")
                $0.finalTimeout = TimeSpan("3s")
            },
            folder: "/etc/dunlin"
        )
        #expect(full.username == "dunlin")
        #expect(full.password == "word")
        #expect(full.connections == 500)
        #expect(full.messagesPerConnection == 1)
        #expect(full.idleSeconds == 2)
        #expect(full.heloName == "mail.acme.example")
        #expect(full.caFile == "/etc/dunlin/ca.pem")
        #expect(full.timeouts.connect == .seconds(1))
        #expect(full.timeouts.mail == .seconds(2))
        #expect(full.timeouts.finalDot == .seconds(3))
    }

    @Test(
        "what cannot work is told with its key and remedy",
        arguments: [
            (smtp(""), "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"),
            (smtp("relay"), "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"),
            (
                smtp("http://a"),
                "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"
            ),
            (
                smtp("smtp://"),
                "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"
            ),
            (
                smtp("smtp://a/b"),
                "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"
            ),
            (
                smtp("smtp://a?b"),
                "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"
            ),
            (
                smtp("smtp://a#b"),
                "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"
            ),
            (
                smtp("smtp://a:0"),
                "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"
            ),
            (
                smtp("smtp://a:65536"),
                "url: it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"
            ),
            (smtp("smtp://u:hunter2@a"), "url: the user and password stand in their own keys: username, password"),
            (smtp("smtp://u:hun/er2@a"), "url: the user and password stand in their own keys: username, password"),
            (smtp("smtp://a") { $0.username = "u" }, "password: it is missing beside the username (or token_command)"),
            (smtp("smtp://a") { $0.password = Secret("p") }, "username: it is missing beside the password"),
            (smtp("smtp://a") { $0.tokenCommand = "x" }, "username: it is missing beside the password"),
            (
                smtp("smtp://a") {
                    $0.username = "u"
                    $0.password = Secret("p")
                    $0.tls = .opportunistic
                },
                "tls: with a password it must be required: opportunistic could send it in the clear"
            ),
            (smtp("smtp://a") { $0.connections = 0 }, "connections: it must be from 1 to 500"),
            (smtp("smtp://a") { $0.connections = 501 }, "connections: it must be from 1 to 500"),
            (
                smtp("smtp://a") { $0.messagesPerConnection = 0 },
                "messages_per_connection: it must be from 1 to 1000000"
            ),
            (smtp("smtp://a") { $0.connectTimeout = TimeSpan("0s") }, "connect_timeout: it must be more than 0"),
            (smtp("smtp://a") { $0.commandTimeout = TimeSpan("0s") }, "command_timeout: it must be more than 0"),
            (smtp("smtp://a") { $0.finalTimeout = TimeSpan("0s") }, "final_timeout: it must be more than 0"),
        ]
    )
    func refuse(settings: SMTPTransportSettings, expected: String) {
        let error = #expect(throws: Rejection.self) { try Self.read(settings) }
        #expect(error?.description == "place." + expected)
    }

    private static func settings(_ transports: [TransportSettings], for channel: Channel) -> MessagingSettings {
        MessagingSettings(channels: [channel: ChannelSettings(transports: transports)])
    }

    @Test("two transports of a channel may not share a name")
    func names() {
        let settings = Self.settings([.outbox(.init()), .outbox(.init())], for: .email)
        #expect(
            throws: Rejection("channels.email.transports", "two are called 'outbox': give each its own name")
        ) { try Transports.make(settings, thread: NetworkThread()) }
    }

    @Test("a mail server carries email only")
    func mailOnly() {
        let settings = Self.settings([.smtp(.init(url: "smtp://localhost"))], for: .sms)
        #expect(throws: Rejection("channels.sms.transports[0]", "smtp carries email only")) {
            try Transports.make(settings, thread: NetworkThread())
        }
    }

    @Test("the outbox stands in where nothing is configured and in the sandbox, and nowhere else")
    func outbox() throws {
        let nothing = try Transports.make(MessagingSettings(), thread: NetworkThread())
        #expect(Set(nothing.keys) == Set(Channel.allCases))
        #expect(nothing[.email]?.map(\.name) == ["outbox"])
        var settings = Self.settings([.smtp(.init(url: "smtp://localhost"))], for: .email)
        let configured = try Transports.make(settings, thread: NetworkThread())
        #expect(configured.keys.map(\.rawValue) == ["email"])
        #expect(configured[.email]?.map(\.name) == ["smtp"])
        settings.sandbox = true
        let sandbox = try Transports.make(settings, thread: NetworkThread())
        #expect(Set(sandbox.keys) == Set(Channel.allCases))
        #expect(sandbox[.email]?.map(\.name) == ["outbox"])
    }
}
