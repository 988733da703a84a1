import Curl
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Messaging

/// A kind of transport under test, and how its other side behaves when it is told to.
enum TransportSubject: String, CaseIterable, CustomTestStringConvertible {
    case webhook, webhookOfRecipient, slack, teams, linkedin, twilio, gateway

    /// What the other side does with a message.
    enum Behaviour: Sendable {
        case accept
        case retry(after: Int?)
        case reject
        /// Our credentials are refused.
        case refuseUs
    }

    var testDescription: String { rawValue }

    var channel: Channel {
        switch self {
        case .webhook, .webhookOfRecipient, .slack, .teams: .webhook
        case .linkedin: .linkedin
        case .twilio, .gateway: .sms
        }
    }

    /// The other side knows a repeated message for the same.
    var isIdempotent: Bool {
        switch self {
        case .webhook, .webhookOfRecipient, .linkedin: true
        case .slack, .teams, .twilio, .gateway: false
        }
    }

    /// Each message goes to a server of its own.
    var hasOwnEndpoint: Bool { self != .webhookOfRecipient }

    static let account = "AC" + String(repeating: "0", count: 32)
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    func act(_ behaviour: Behaviour) -> ScriptedHTTPServer.Act {
        switch behaviour {
        case .accept:
            switch self {
            case .webhook, .webhookOfRecipient, .linkedin: .answer(202, "")
            case .slack: .answer(200, "ok")
            case .teams: .answer(200, "1")
            case .twilio: .answer(201, #"{"sid":"SM\#(String(repeating: "a", count: 32))","status":"queued"}"#)
            case .gateway: .answer(200, #"Success "07033084""#)
            }
        case .retry(let after):
            .answer(429, "slow down", headers: after.map { ["Retry-After": "\($0)"] } ?? [:])
        case .reject:
            switch self {
            case .twilio: .answer(400, #"{"code":21602,"message":"Message body is required.","status":400}"#)
            case .gateway: .answer(412, #"Error "No route found""#)
            default: .answer(400, "invalid_payload")
            }
        case .refuseUs: .answer(401, self == .twilio ? #"{"code":20003,"message":"Authenticate","status":401}"# : "no")
        }
    }

    func transport(
        _ url: String,
        thread: NetworkThread,
        connections: Int,
        milliseconds: Int,
        owner: @escaping @Sendable (String) async -> Int64? = { _ in nil },
        now: @escaping @Sendable () -> UInt64 = { MonotonicClock.now() }
    ) throws -> HTTPTransport {
        let provider: any HTTPProvider =
            switch self {
            case .webhook, .webhookOfRecipient, .slack, .teams, .linkedin:
                WebhookProvider(
                    url: self == .webhookOfRecipient ? nil : url,
                    format: self == .slack
                        ? .slack : self == .teams ? .teams : self == .linkedin ? .linkedin : .standard,
                    secrets: [TransportSubject.secret],
                    headers: [],
                    timeoutMilliseconds: milliseconds,
                    allowsPrivate: true,
                    caFile: nil
                )
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
            }
        return HTTPTransport(
            name: rawValue,
            connections: connections,
            provider: provider,
            thread: thread,
            clock: WallClock.system,
            owner: owner,
            now: now
        )
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
            payload: .parts(
                Delivery.PartsPayload(
                    channel: channel,
                    to: self == .webhookOfRecipient ? url : channel == .sms ? "+1 202 555 0123" : "urn:li:person:abc",
                    addressKey: channel == .sms ? "+12025550123" : "urn:li:person:abc",
                    brand: "acme",
                    parts: ["\(channel.rawValue).txt": Array("Hello <Ada> & \"friends\".".utf8)]
                )
            ),
            startBy: startBy
        )
    }
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

/// Collects what a transport reports.
final class ReportBox: Sendable {
    private struct State {
        var reports: [DeliveryReport] = []
        var waiters: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func append(_ reports: [DeliveryReport]) {
        let ready = state.withLock { state in
            state.reports += reports
            let ready = state.waiters.filter { $0.count <= state.reports.count }.map(\.1)
            state.waiters.removeAll { $0.count <= state.reports.count }
            return ready
        }
        for waiter in ready { waiter.resume() }
    }

    /// In the order in which they came.
    func first(_ count: Int) async -> [DeliveryReport] {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.reports.count < count { state.waiters.append((count, continuation)) }
                return state.reports.count >= count
            }
            if isThere { continuation.resume() }
        }
        return state.withLock { $0.reports }
    }
}
