import Curl
import Foundation
import Storage

extension Transports {
    /// What every transport over HTTP is made with.
    struct HTTPParts {
        let thread: NetworkThread
        let clock: WallClock
        let folder: String
        /// What the world calls this server, such as `https://reminders.example.com`; `nil` where it cannot reach us.
        let publicURL: String?
        /// The installation's.
        let secret: String
        let queue: Queue?

        func owner(_ transport: String) -> @Sendable (String) async -> Int64? {
            { [queue] reference in (try? await queue?.message(of: reference, from: transport)) ?? nil }
        }

        func callback(_ name: String) -> String? { publicURL.map { "\(Transports.withoutSlash($0))/hooks/\(name)" } }

        func path(_ file: String?) -> String? {
            file.map { $0.hasPrefix("/") || folder == "." ? $0 : "\(folder)/\($0)" }
        }
    }

    static func webhook(
        _ settings: WebhookSettings,
        name: String,
        channel: Channel,
        _ place: String,
        _ parts: HTTPParts
    ) throws(Rejection) -> any Transport {
        guard channel != .email else { throw Rejection(place, "webhook does not carry email: write smtp") }
        if let url = settings.url {
            guard isHTTP(url, allowsPlain: settings.allowPrivate ?? true) else {
                throw Rejection("\(place).url", "it is no address: write it like https://example.com/hooks")
            }
        }
        for (index, secret) in (settings.secrets ?? []).enumerated() where !WebhookSignature.isKey(secret.value) {
            throw Rejection("\(place).secrets[\(index)]", "it must be whsec_ and 24 to 64 bytes in base64")
        }
        if settings.format == .linkedInAPI {
            guard channel == .linkedin, settings.url != nil else {
                throw Rejection("\(place).format", "linkedin-api is for the channel linkedin, with a url")
            }
            let names = Set((settings.headers ?? [:]).keys.map { $0.lowercased() })
            for name in ["Authorization", "LinkedIn-Version"] where !names.contains(name.lowercased()) {
                throw Rejection("\(place).headers", "\(name) is missing: LinkedIn's API needs it")
            }
        }
        return HTTPTransport(
            name: name,
            connections: try number(settings.connections, "\(place).connections", 1...500) ?? 8,
            limit: try RateSettings.limit(settings.rate, burst: settings.burst, place),
            provider: WebhookProvider(
                url: settings.url,
                format: settings.format ?? (channel == .linkedin ? .linkedin : .standard),
                secrets: (settings.secrets ?? []).map(\.value),
                headers: try headers(settings.headers, place),
                timeoutMilliseconds: try timeout(settings.timeout, place),
                allowsPrivate: settings.allowPrivate ?? (settings.url != nil),
                caFile: parts.path(settings.caFile)
            ),
            thread: parts.thread,
            clock: parts.clock,
            owner: parts.owner(name)
        )
    }

    static func twilio(
        _ settings: TwilioSettings,
        name: String,
        channel: Channel,
        _ place: String,
        _ parts: HTTPParts
    ) throws(Rejection) -> any Transport {
        guard channel == .sms else { throw Rejection(place, "twilio carries sms only") }
        guard settings.accountSID.wholeMatch(of: /AC[0-9a-fA-F]{32}/) != nil else {
            throw Rejection("\(place).account_sid", "it is AC and 32 hexadecimal digits")
        }
        if let service = settings.messagingService, service.wholeMatch(of: /MG[0-9a-fA-F]{32}/) == nil {
            throw Rejection("\(place).messaging_service", "it is MG and 32 hexadecimal digits")
        }
        guard settings.from != nil || settings.messagingService != nil else {
            throw Rejection("\(place).from", "it is missing: a number, or messaging_service")
        }
        let url = withoutSlash(settings.url ?? "https://api.twilio.com")
        guard isHTTP(url, allowsPlain: true) else {
            throw Rejection("\(place).url", "it is no address: write it like https://api.twilio.com")
        }
        return HTTPTransport(
            name: name,
            connections: try number(settings.connections, "\(place).connections", 1...100) ?? 4,
            limit: try RateSettings.limit(settings.rate, burst: settings.burst, place),
            price: try PriceSettings.checked(settings.price, settings.currency, place),
            provider: TwilioProvider(
                account: settings.accountSID,
                authToken: settings.authToken.value,
                from: settings.from,
                service: settings.messagingService,
                url: url,
                timeoutMilliseconds: try timeout(settings.timeout, place),
                caFile: parts.path(settings.caFile),
                callback: parts.callback(name)
            ),
            thread: parts.thread,
            clock: parts.clock,
            owner: parts.owner(name)
        )
    }

    static func gateway(
        _ settings: GatewaySettings,
        name: String,
        channel: Channel,
        _ place: String,
        _ parts: HTTPParts
    ) throws(Rejection) -> any Transport {
        guard channel == .sms else { throw Rejection(place, "gateway carries sms only") }
        guard isHTTP(settings.url, allowsPlain: settings.allowPrivate ?? true) else {
            throw Rejection("\(place).url", "it is no address: write it like https://sms.example.com/send")
        }
        _ = try headers(settings.headers, place)
        return HTTPTransport(
            name: name,
            connections: try number(settings.connections, "\(place).connections", 1...500) ?? 4,
            limit: try RateSettings.limit(settings.rate, burst: settings.burst, place),
            price: try PriceSettings.checked(settings.price, settings.currency, place),
            provider: try GatewayProvider(
                settings,
                place: place,
                timeoutMilliseconds: try timeout(settings.timeout, place),
                caFile: parts.path(settings.caFile),
                callback: parts.callback(name),
                proof: CallbackProof(secret: parts.secret, transport: name)
            ),
            thread: parts.thread,
            clock: parts.clock,
            owner: parts.owner(name)
        )
    }

    /// Who reads what providers post, by the transport's name.
    public static func hooks(_ settings: MessagingSettings, secret: String) -> [String: any HookReader] {
        var readers: [String: any HookReader] = [:]
        for transport in settings.settings(for: .sms)?.transports ?? [] {
            switch transport {
            case .twilio(let twilio):
                readers[transport.name] = TwilioHook(
                    authToken: twilio.authToken.value,
                    answersTexts: twilio.answersTexts ?? false
                )
            case .gateway(let gateway):
                readers[transport.name] = GatewayHook(
                    fields: gateway.receipts ?? GatewayReceipts(),
                    proof: CallbackProof(secret: secret, transport: transport.name),
                    region: settings.region,
                    answersTexts: gateway.answersTexts ?? true
                )
            case .smtp, .outbox, .webhook, .task: break
            }
        }
        return readers
    }

    private static func isHTTP(_ text: String, allowsPlain: Bool) -> Bool {
        guard let start = text.firstRange(of: "://"), !text.contains(where: { $0.isWhitespace }) else { return false }
        let scheme = text[..<start.lowerBound].lowercased()
        guard scheme == "https" || allowsPlain && scheme == "http" else { return false }
        return !text[start.upperBound...].prefix { $0 != "/" && $0 != "?" }.isEmpty
    }

    private static func withoutSlash(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }

    private static func headers(
        _ fields: [String: Secret]?,
        _ place: String
    ) throws(Rejection) -> [(name: String, value: String)] {
        for (name, value) in fields ?? [:] {
            let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
            let isValue = value.value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
            guard isName, isValue else {
                throw Rejection("\(place).headers", "'\(name)' is no header field of one line")
            }
        }
        return (fields ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value.value) }
    }

    private static func timeout(_ span: TimeSpan?, _ place: String) throws(Rejection) -> Int {
        let milliseconds = span?.milliseconds ?? 20_000
        guard (1000...300_000).contains(milliseconds) else {
            throw Rejection("\(place).timeout", "it must be from 1s to 5m")
        }
        return Int(milliseconds)
    }
}
