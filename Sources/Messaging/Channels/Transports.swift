public import Curl
import Foundation
public import Logging
public import Storage

/// Makes the transports that a configuration names.
public enum Transports {
    /// - Parameters:
    ///   - publicURL: what the world calls this server; `nil` where it cannot reach us.
    ///   - secret: the installation's; it makes callback addresses ours.
    ///   - queue: knows whose a provider's reference is.
    public static func make(
        _ settings: MessagingSettings,
        thread: NetworkThread,
        clock: WallClock = .system,
        publicURL: String? = nil,
        secret: String = "",
        queue: Queue? = nil
    ) throws(Rejection) -> [Channel: [any Transport]] {
        for (id, brand) in settings.brands.sorted(by: { $0.key < $1.key }) {
            guard let retention = settings.retention?.milliseconds,
                let longest = CompliancePolicy(brand).caps.map(\.within).max(), longest > retention
            else { continue }
            throw Rejection(
                "retention",
                "rules of brand '\(id)' look back for \(longest / 86_400_000) days: messages must be kept as long"
            )
        }
        let http = HTTPParts(
            thread: thread,
            clock: clock,
            folder: settings.folder,
            publicURL: publicURL,
            secret: secret,
            queue: queue
        )
        var transports: [Channel: [any Transport]] = [:]
        for channel in Channel.allCases {
            guard let configured = settings.settings(for: channel)?.transports else { continue }
            if settings.channels[channel]?.approval == ChannelSettings.Approval.none,
                configured.contains(where: \.isLinkedInAPI)
            {
                throw Rejection(
                    "channels.\(channel.rawValue).approval",
                    "with linkedin-api a person approves each message: leave it out"
                )
            }
            let limits = settings.channels[channel]?.limits ?? []
            if channel != .email, let index = limits.firstIndex(where: { $0.each == .sender }) {
                throw Rejection(
                    "channels.\(channel.rawValue).limits[\(index)].each",
                    "a sender is an address in a brand's 'from': here a transport's 'rate' limits who sends"
                )
            }
            for (index, transport) in configured.enumerated() {
                let place = "channels.\(channel.rawValue).transports[\(index)]"
                let name = transport.name
                guard name.wholeMatch(of: /[A-Za-z0-9._-]{1,64}/) != nil else {
                    throw Rejection("\(place).name", "it has 1 to 64 letters, digits, dots, lines and underscores")
                }
                switch transport {
                case .webhook(let webhook):
                    transports[channel, default: []].append(
                        try self.webhook(webhook, name: name, channel: channel, place, http)
                    )
                case .twilio(let twilio):
                    transports[channel, default: []].append(
                        try self.twilio(twilio, name: name, channel: channel, place, http)
                    )
                case .gateway(let gateway):
                    transports[channel, default: []].append(
                        try self.gateway(gateway, name: name, channel: channel, place, http)
                    )
                case .task(let task):
                    guard channel == .call || channel == .letter else {
                        throw Rejection(
                            place,
                            "a task is a call or a letter: \(channel.rawValue) needs another transport"
                        )
                    }
                    guard let queue else { continue }
                    transports[channel, default: []].append(
                        TaskTransport(
                            name: name,
                            queue: queue,
                            assignee: task.assignee,
                            within: task.dueIn?.milliseconds ?? 2 * 86_400_000
                        )
                    )
                case .outbox(let outbox):
                    transports[channel, default: []].append(
                        OutboxTransport(name: transport.name, folder: folder(of: outbox, settings))
                    )
                case .smtp(let smtp):
                    guard channel == .email else { throw Rejection(place, "smtp carries email only") }
                    let domains: DomainSet?
                    do {
                        domains = try smtp.domains.map { names throws(Rejection) in try DomainSet(names) }
                    } catch {
                        throw Rejection("\(place).domains", error.message)
                    }
                    transports[channel, default: []].append(
                        SMTPTransport(
                            name: transport.name,
                            settings: try smtpSettings(smtp, place, folder: settings.folder),
                            limit: try RateSettings.limit(smtp.rate, burst: smtp.burst, place),
                            domains: domains,
                            thread: thread
                        )
                    )
                }
            }
            if let all = transports[channel], !all.isEmpty, all.allSatisfy({ $0.domains != nil }) {
                throw Rejection(
                    "channels.\(channel.rawValue).transports",
                    "each is bound to some domains: add one without 'domains' for all others"
                )
            }
            let names = (transports[channel] ?? []).map(\.name)
            if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
                throw Rejection(
                    "channels.\(channel.rawValue).transports",
                    "two are called '\(twice)': give each its own name"
                )
            }
        }
        return transports
    }

    /// The way out for news to subscribers.
    public static func subscribers(
        _ queue: Queue,
        _ settings: MessagingSettings,
        thread: NetworkThread,
        clock: WallClock,
        logger: Logger
    ) -> any Transport {
        guard !settings.sandbox else { return OutboxTransport(name: "outbox", folder: settings.outbox) }
        return SubscriberTransport(
            subscriptions: Subscriptions(queue),
            allowsPrivate: settings.subscriptions.allowPrivate,
            thread: thread,
            clock: clock,
            logger: logger
        )
    }

    /// Where an outbox writes.
    public static func folder(of outbox: OutboxSettings, _ settings: MessagingSettings) -> String {
        guard let path = outbox.path else { return settings.outbox }
        return path.hasPrefix("/") || settings.folder == "." ? path : "\(settings.folder)/\(path)"
    }

    /// How to speak to a relay.
    public static func smtpSettings(
        _ smtp: SMTPTransportSettings,
        _ place: String,
        folder: String
    ) throws(Rejection) -> SMTPSettings {
        guard !smtp.url.contains("@") else {
            throw Rejection("\(place).url", "the user and password stand in their own keys: username, password")
        }
        guard let url = URLComponents(string: smtp.url), let scheme = url.scheme, scheme == "smtp" || scheme == "smtps",
            let host = url.host, !host.isEmpty, url.path.isEmpty || url.path == "/", url.query == nil,
            url.fragment == nil, (1...65_535).contains(url.port ?? 25)
        else {
            throw Rejection(
                "\(place).url",
                "it is no mail server: write smtp://host:port or smtps://host:port, and nothing else"
            )
        }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        var settings = SMTPSettings(host: bare, port: url.port ?? (scheme == "smtps" ? 465 : 25))
        settings.implicitTLS = scheme == "smtps"
        let isLoopback =
            bare == "localhost" || bare == "::1"
            || bare.hasPrefix("127.") && bare.allSatisfy { $0.isNumber || $0 == "." }
        switch smtp.tls ?? (isLoopback ? .opportunistic : .required) {
        case .required: settings.tls = .required
        case .opportunistic: settings.tls = .opportunistic
        case .none: settings.tls = .none
        }
        let hasCredentials = smtp.password != nil || smtp.tokenCommand != nil
        if hasCredentials, smtp.username == nil {
            throw Rejection("\(place).username", "it is missing beside the password")
        }
        if smtp.username != nil, !hasCredentials {
            throw Rejection("\(place).password", "it is missing beside the username (or token_command)")
        }
        if hasCredentials, smtp.tls == .opportunistic, !isLoopback, scheme == "smtp" {
            throw Rejection(
                "\(place).tls",
                "with a password it must be required: opportunistic could send it in the clear"
            )
        }
        settings.username = smtp.username
        settings.password = smtp.password?.value
        if let command = smtp.tokenCommand {
            let tokens = TokenCommand(command)
            settings.bearerToken = { try await tokens.fetch(afterRefusal: $0) }
        }
        settings.connections = try number(smtp.connections, "\(place).connections", 1...500) ?? 8
        settings.messagesPerConnection =
            try number(smtp.messagesPerConnection, "\(place).messages_per_connection", 1...1_000_000) ?? 1000
        settings.idleSeconds = max(1, Int((smtp.idle?.milliseconds ?? 15_000) / 1000))
        settings.heloName = smtp.helo ?? ""
        if let file = smtp.caFile {
            settings.caFile = file.hasPrefix("/") || folder == "." ? file : "\(folder)/\(file)"
        }
        let spans = [
            ("connect_timeout", smtp.connectTimeout), ("command_timeout", smtp.commandTimeout),
            ("final_timeout", smtp.finalTimeout),
        ]
        for (key, span) in spans where span?.milliseconds == 0 {
            throw Rejection("\(place).\(key)", "it must be more than 0")
        }
        if let span = smtp.connectTimeout {
            settings.timeouts.connect = .milliseconds(span.milliseconds)
            settings.timeouts.greeting = .milliseconds(span.milliseconds)
        }
        if let span = smtp.commandTimeout {
            settings.timeouts.command = .milliseconds(span.milliseconds)
            settings.timeouts.mail = .milliseconds(span.milliseconds)
            settings.timeouts.recipient = .milliseconds(span.milliseconds)
            settings.timeouts.data = .milliseconds(span.milliseconds)
            settings.timeouts.dataBlock = .milliseconds(span.milliseconds)
        }
        if let span = smtp.finalTimeout { settings.timeouts.finalDot = .milliseconds(span.milliseconds) }
        return settings
    }

    static func number(_ value: Int?, _ place: String, _ range: ClosedRange<Int>) throws(Rejection) -> Int? {
        guard let value else { return nil }
        guard range.contains(value) else {
            throw Rejection(place, "it must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
