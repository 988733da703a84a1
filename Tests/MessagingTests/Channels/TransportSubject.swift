import Curl
import Foundation
import Logging
import Storage
import TestSupport
import Testing

@testable import Messaging

/// A kind of transport under test, and how its other side behaves when it is told to.
enum TransportSubject: String, CaseIterable, CustomTestStringConvertible {
    case smtp, webhook, webhookOfRecipient, slack, teams, linkedin, linkedinAPI, twilio, gateway, subscribers, outbox,
        task

    /// What the other side does with a message.
    enum Behaviour: Sendable, Equatable {
        case accept
        case retry(after: Int?)
        case reject
        /// Our credentials are refused.
        case refuseUs
        /// It takes the message, and its answer is lost.
        case lose
        /// It takes the message, and never answers.
        case silence
        /// It takes the message, and answers what is no answer.
        case garbage
        /// It refuses the message with very many words.
        case oversize
    }

    /// Those that speak to another side.
    static let wired = allCases.filter { $0 != .outbox && $0 != .task }
    /// Those that ``HTTPTransport`` carries.
    static let overHTTP = wired.filter { $0 != .smtp && $0 != .subscribers }

    var testDescription: String { rawValue }

    var channel: Channel {
        switch self {
        case .smtp, .outbox: .email
        case .webhook, .webhookOfRecipient, .slack, .teams: .webhook
        case .linkedin, .linkedinAPI: .linkedin
        case .twilio, .gateway: .sms
        case .subscribers: .event
        case .task: .call
        }
    }

    /// The other side knows a repeated message for the same.
    var isIdempotent: Bool {
        switch self {
        case .webhook, .webhookOfRecipient, .linkedin, .subscribers: true
        case .smtp, .slack, .teams, .linkedinAPI, .twilio, .gateway, .outbox, .task: false
        }
    }

    /// Messages go to a server of each recipient's.
    var goesToRecipients: Bool { self == .webhookOfRecipient || self == .subscribers }

    /// What a call to slow down tells about the lane.
    func slowed(_ milliseconds: Int64?) -> Breaker.Sign? {
        switch self {
        case .smtp: .congested
        case .subscribers: .working
        case .webhookOfRecipient: nil
        default: .throttled(after: milliseconds)
        }
    }

    /// The wait where the other side asks for none, milliseconds.
    var ownWait: Int64? { self == .linkedinAPI ? WebhookProvider.linkedInWait : nil }

    static let account = "AC" + String(repeating: "0", count: 32)
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let words = String(repeating: "x", count: 8 << 20)

    // MARK: - The other side

    /// - Parameter script: what happens to each message, counted from 1.
    func otherSide(_ script: @escaping @Sendable (Int) -> Behaviour) throws -> any OtherSide {
        if self == .smtp {
            return try ScriptedSMTPServer { TransportSubject.act(script($0.mails), at: $0.step) }
        }
        return try ScriptedHTTPServer { act(script($0.number)) }
    }

    /// What an SMTP server does otherwise than usual.
    private static func act(_ behaviour: Behaviour, at step: String) -> ScriptedSMTPServer.Act? {
        switch (behaviour, step) {
        case (.retry(let after), "RCPT"):
            .say("451 4.7.1 slow down\(after.map { ", try again in \($0) seconds" } ?? "")\r\n")
        case (.reject, "RCPT"): .say("550 5.1.1 no such user\r\n")
        case (.refuseUs, "MAIL"): .say("530 5.7.0 authenticate first\r\n")
        case (.lose, "."): .close
        case (.silence, "."): .silence
        case (.garbage, "."): .say("\u{0}\u{1}junk\r\n")
        case (.oversize, "."): .say("554 \(words)\r\n")
        default: nil
        }
    }

    func act(_ behaviour: Behaviour) -> ScriptedHTTPServer.Act {
        switch behaviour {
        case .accept:
            switch self {
            case .slack: .answer(200, "ok")
            case .teams: .answer(200, "1")
            case .linkedinAPI: .answer(201, "", headers: ["x-restli-id": "urn:li:message:1"])
            case .twilio: .answer(201, #"{"sid":"SM\#(String(repeating: "a", count: 32))","status":"queued"}"#)
            case .gateway: .answer(200, #"Success "07033084""#)
            default: .answer(202, "")
            }
        case .retry(let after):
            .answer(429, "slow down", headers: after.map { ["Retry-After": "\($0)"] } ?? [:])
        case .reject:
            switch self {
            case .twilio: .answer(400, #"{"code":21602,"message":"Message body is required.","status":400}"#)
            case .gateway: .answer(412, #"Error "No route found""#)
            case .subscribers: .answer(410, "gone")
            default: .answer(400, "invalid_payload")
            }
        case .refuseUs: .answer(401, self == .twilio ? #"{"code":20003,"message":"Authenticate","status":401}"# : "no")
        case .lose: .close
        case .silence: .silence
        case .garbage: .raw([0, 1, 2, 0xff, 0x0d, 0x0a, 0x0d, 0x0a])
        case .oversize: .answer(400, TransportSubject.words)
        }
    }

    // MARK: - Ours

    struct Place {
        /// Where the other side listens.
        let url: String
        let thread: NetworkThread
        let queued: QueueFixture
        var connections = 2
        var milliseconds = 10_000
    }

    func transport(_ place: Place) async throws -> any Transport {
        switch self {
        case .smtp:
            let port = Int(place.url.split(separator: ":").last ?? "") ?? 0
            var settings = SMTPSettings(host: "127.0.0.1", port: port)
            settings.tls = .none
            settings.connections = place.connections
            settings.timeouts.finalDot = .milliseconds(place.milliseconds)
            return SMTPTransport(name: rawValue, settings: settings, thread: place.thread)
        case .subscribers:
            let subscriptions = Subscriptions(place.queued.queue)
            _ = try await subscriptions.add(
                url: place.url,
                types: ["*"],
                description: nil,
                allowsPrivate: true,
                by: "test"
            )
            return SubscriberTransport(
                subscriptions: subscriptions,
                allowsPrivate: true,
                timeoutMilliseconds: place.milliseconds,
                thread: place.thread,
                clock: .system,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        case .outbox: return OutboxTransport(name: rawValue, folder: "\(place.queued.folder.path)/outbox")
        case .task:
            return TaskTransport(name: rawValue, queue: place.queued.queue, assignee: nil, within: 1000)
        default:
            return try http(
                place.url,
                thread: place.thread,
                connections: place.connections,
                milliseconds: place.milliseconds
            )
        }
    }

    func http(
        _ url: String,
        thread: NetworkThread,
        connections: Int,
        milliseconds: Int,
        owner: @escaping @Sendable (String) async -> Int64? = { _ in nil },
        now: @escaping @Sendable () -> UInt64 = { MonotonicClock.now() }
    ) throws -> HTTPTransport {
        HTTPTransport(
            name: rawValue,
            connections: connections,
            provider: try provider(url, milliseconds),
            thread: thread,
            // Far from midnight UTC, at which LinkedIn's limits end.
            clock: self == .linkedinAPI ? TestClock(1_800_000_000_000).wall : .system,
            owner: owner,
            now: now
        )
    }

    private func provider(_ url: String, _ milliseconds: Int) throws -> any HTTPProvider {
        switch self {
        case .twilio:
            TwilioProvider(
                account: TransportSubject.account,
                authToken: "12345",
                from: "+12025550199",
                service: nil,
                url: url,
                timeoutMilliseconds: milliseconds,
                caFile: nil,
                callback: nil
            )
        case .gateway:
            try GatewayProvider(
                GatewaySettings.sample(url),
                place: "gateway",
                timeoutMilliseconds: milliseconds,
                caFile: nil,
                callback: nil,
                proof: CallbackProof(secret: "s", transport: "gateway")
            )
        default:
            WebhookProvider(
                url: self == .webhookOfRecipient ? nil : url,
                format: format,
                secrets: [TransportSubject.secret],
                headers: [],
                timeoutMilliseconds: milliseconds,
                allowsPrivate: true,
                caFile: nil
            )
        }
    }

    private var format: WebhookSettings.Format {
        switch self {
        case .slack: .slack
        case .teams: .teams
        case .linkedin: .linkedin
        case .linkedinAPI: .linkedInAPI
        default: .standard
        }
    }

    func delivery(_ id: Int64, to url: String, startBy: UInt64 = .max, doubtSince: Int64? = nil) -> Delivery {
        Delivery(
            handOff: HandOff(
                id: id,
                fence: 1,
                channel: channel,
                attempts: doubtSince == nil ? 0 : 1,
                since: 0,
                expires: nil,
                startedAt: 0,
                acceptedAt: 1_700_000_000_000,
                doubtSince: doubtSince,
                document: []
            ),
            payload: payload(url),
            startBy: startBy
        )
    }

    private func payload(_ url: String) -> Delivery.Payload {
        switch channel {
        case .email:
            .email(
                Delivery.EmailPayload(
                    sender: "acme@example.com",
                    recipient: "ada@example.com",
                    needsSMTPUTF8: false,
                    has8Bit: false,
                    bytes: Array("Subject: Hello\r\n\r\nHello\r\n".utf8)
                )
            )
        case .event: .event(Delivery.EventPayload(subscription: 1, url: url, body: Array("{}".utf8)))
        default: .parts(parts(url))
        }
    }

    private func parts(_ url: String) -> Delivery.PartsPayload {
        Delivery.PartsPayload(
            channel: channel,
            to: goesToRecipients ? url : channel == .sms ? "+1 202 555 0123" : "urn:li:person:abc",
            addressKey: channel == .sms ? "+12025550123" : "urn:li:person:abc",
            brand: "acme",
            parts: ["\(channel.rawValue).txt": Array("Hello <Ada> & \"friends\".".utf8)]
        )
    }
}

/// A server that a transport speaks to.
protocol OtherSide: Sendable {
    var url: String { get }
    /// Messages that came whole, whatever it said to them.
    var taken: Int { get }
    /// Connections over which anything came.
    var used: Int { get }
    func stop()
}

extension ScriptedHTTPServer: OtherSide {
    var taken: Int { requests.count }
    var used: Int { requests.count { $0.place == 1 } }
}

extension ScriptedSMTPServer: OtherSide {
    var url: String { "smtp://127.0.0.1:\(port)" }
    var taken: Int { seen.bodies.count }
    var used: Int { seen.connections }
}

extension GatewaySettings {
    /// A gateway that answers like Jasmin's.
    static func sample(_ url: String) -> GatewaySettings {
        var settings = GatewaySettings(url: url + "/send")
        settings.form = ["to": Secret("{to_digits}"), "content": Secret("{text}"), "dlr-url": Secret("{callback}")]
        settings.success = GatewaySuccess(status: "200", body: "^Success", id: #"Success "([^"]+)""#)
        settings.errors = [GatewayRule(status: "403", body: "Authentication failure", outcome: .ourFault)]
        return settings
    }
}
