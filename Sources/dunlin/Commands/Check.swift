import ArgumentParser
import Curl
import Foundation
import JSON
import Messaging
import Server
import Storage

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration, templates, database and transports.",
        discussion:
            "Opens a session to every mail server and mailbox and closes it again; nothing is sent or taken.\n\nExit status: 0 all is well, 78 something is not."
    )

    @OptionGroup var options: CommonOptions
    @Flag(help: "Print JSON.")
    var json = false

    struct Finding {
        let name: String
        let passes: Bool
        let verdict: String
    }

    func run() async throws {
        var findings: [Finding] = []
        func add(_ name: String, _ passes: Bool, _ verdict: String) {
            findings.append(.init(name: name, passes: passes, verdict: verdict))
        }
        let configuration = try Configuration.load(options.config)
        let named = options.config ?? ProcessInfo.processInfo.environment["DUNLIN_CONFIG"] ?? "dunlin.yaml"
        add("configuration", true, FileManager.default.fileExists(atPath: named) ? named : "none: the defaults")
        var brands: [String: Brand] = [:]
        do {
            brands = try Brand.all(configuration.brands, folder: configuration.messaging.folder)
            add(
                "brands",
                true,
                configuration.brands.isEmpty
                    ? "none: a sample brand stands in" : brands.keys.sorted().joined(separator: ", ")
            )
        } catch {
            add("brands", false, "\(error)")
        }
        for (name, brand) in brands.sorted(by: { $0.key < $1.key }) {
            let problems = Check.compliance(brand, configuration) + (await Check.records(brand, configuration))
            let assumed = CompliancePolicy(brand.settings).assumptions.map { "assumed: \($0)" }
            let lines = problems + (assumed.isEmpty ? ["nothing is assumed"] : assumed)
            add("compliance of \(name)", problems.isEmpty, lines.joined(separator: "\n"))
        }
        do {
            let library = TemplateLibrary(folder: try configuration.templatesPath())
            let problems = brands.values.first.map { library.check(brand: $0) } ?? library.problems
            add(
                "templates",
                problems.isEmpty,
                problems.isEmpty ? "\(library.sets.count) in \(library.folder)" : problems.joined(separator: "\n")
            )
        } catch {
            add("templates", false, "\(error)")
        }
        do {
            let app = try await App.open(configuration, verbose: false)
            let worker = app.database.worker()
            add("database", true, "\(configuration.databasePath)" + (worker.map { ", in use by \($0)" } ?? ""))
            let hasTokens = try await !Tokens(app.database).list().isEmpty
            add("http", hasTokens || Check.isLocal(configuration.http), Check.http(configuration.http, hasTokens))
            app.close()
        } catch {
            add("database", false, "\(error)")
        }
        for (name, passes, verdict) in await Check.transports(configuration) { add(name, passes, verdict) }
        if let (name, passes, verdict) = await Check.mailbox(configuration) { add(name, passes, verdict) }
        report(findings)
        if findings.contains(where: { !$0.passes }) { throw Failure(.configuration, "") }
    }

    /// What the DNS does not have as it should be; what cannot be asked is no problem of the configuration.
    private static func records(_ brand: Brand, _ configuration: Configuration) async -> [String] {
        var problems: [String] = []
        for record in brand.dkimRecords {
            guard let found = try? await TextRecords().find(record.name) else { continue }
            let verdict = DKIMRecord.compare(found, with: record.text)
            if verdict != .stands { problems.append("dkim: \(record.name): \(verdict.words)") }
        }
        guard configuration.writes else { return problems }
        let records = SenderRecords { try await TextRecords().find($0) }
        return problems
            + ((try? await records.problems(
                from: brand.domain,
                returnPath: brand.returnDomain,
                signing: brand.signingDomains
            )) ?? [])
    }

    /// What a brand cannot comply with as it is configured.
    private static func compliance(_ brand: Brand, _ configuration: Configuration) -> [String] {
        var problems: [String] = []
        let address = brand.settings.postalAddress
        if address.filter(\.isLetter).count < 3 || !address.contains(where: \.isNumber) {
            problems.append("postal_address: '\(address)' is none: write street or box, and place (CS-05)")
        }
        if configuration.writes, configuration.http.publicURL?.hasPrefix("https://") != true {
            problems.append(
                "http.public_url: emails carry no link to say no: give the https address of this server (CS-06, EM-08)"
            )
        }
        if brand.settings.footer == .never {
            problems.append("footer: never: emails may lack the address and the way to say no (CS-05, CS-06)")
        }
        if CompliancePolicy(brand.settings).rules["SM-13"] != nil,
            configuration.channels[.sms]?.transports.isEmpty == false
        {
            problems.append("sender_role: a collector sends no texts, and channels.sms has transports (SM-13)")
        }
        let policy = CompliancePolicy(brand.settings)
        if policy.rules["RF-01"] != nil, let kept = configuration.evidenceRetention,
            kept.milliseconds < Check.threeYears
        {
            problems.append("evidence_retention: a collector keeps evidence for three years, 1096d (RF-18)")
        }
        return problems
    }

    private static let threeYears: Int64 = 1096 * 86_400_000

    /// Whether the mailbox lets us in; `nil` where there is none.
    private static func mailbox(_ configuration: Configuration) async -> (String, Bool, String)? {
        guard let inbound = configuration.inbound else { return nil }
        do {
            let settings = configuration.messaging
            let count = try await MailboxPoller.count(inbound, folder: settings.folder)
            return ("inbound", true, "\(host(of: inbound.url)): \(Words.count(Int64(count))) mails wait there")
        } catch {
            return ("inbound", false, "\(host(of: inbound.url)): \(error)")
        }
    }

    private static func isLocal(_ http: HTTPSettings) -> Bool {
        http.publicURL == nil && (http.isOff || ListenAddress(http.listen)?.isLoopback ?? false)
    }

    private static func http(_ http: HTTPSettings, _ hasTokens: Bool) -> String {
        guard !http.isOff else { return "off" }
        if hasTokens { return "\(http.listen), for callers with a token" }
        return isLocal(http)
            ? "\(http.listen), without any token: programs on this machine may do everything, others nothing"
            : "\(http.listen), and there is no token, so nobody else may call: make one with 'dunlin token create'"
    }

    private static func transports(_ configuration: Configuration) async -> [(String, Bool, String)] {
        let thread = NetworkThread()
        thread.start()
        defer { thread.stop() }
        let settings = configuration.messaging
        var findings: [(String, Bool, String)] = []
        do {
            _ = try Transports.make(settings, thread: thread, publicURL: configuration.http.publicURL)
        } catch {
            return [("transports", false, error.description)]
        }
        for channel in Channel.allCases where configuration.channels[channel] != nil || channel == .email {
            for (index, transport) in (settings.settings(for: channel)?.transports ?? []).enumerated() {
                switch transport {
                case .outbox(let outbox):
                    findings.append(
                        (
                            "\(channel.rawValue): \(transport.name)", true,
                            "writes to \(Transports.folder(of: outbox, settings))"
                        )
                    )
                case .webhook(let webhook):
                    let verdict =
                        webhook.url.map { "posts to \(host(of: $0))" } ?? "posts to the address of each message"
                    findings.append(("\(channel.rawValue): \(transport.name)", true, verdict))
                case .twilio(let twilio):
                    let from = twilio.messagingService ?? twilio.from ?? ""
                    let receipts =
                        configuration.http.publicURL == nil
                        ? "; without http.public_url nobody tells whether texts arrive" : ""
                    findings.append(
                        ("\(channel.rawValue): \(transport.name)", true, "texts come from \(from)\(receipts)")
                    )
                case .gateway(let gateway):
                    findings.append(
                        ("\(channel.rawValue): \(transport.name)", true, "texts go to \(host(of: gateway.url))")
                    )
                case .task(let task):
                    let who = task.assignee.map { "\($0) does it" } ?? "a person does it"
                    findings.append(("\(channel.rawValue): \(transport.name)", true, who))
                case .smtp(let smtp):
                    let place = "channels.\(channel.rawValue).transports[\(index)]"
                    do {
                        let probe = await probeSMTP(
                            try Transports.smtpSettings(smtp, place, folder: settings.folder),
                            on: thread
                        )
                        findings.append(finding("\(channel.rawValue): \(transport.name)", smtp.url, probe))
                    } catch {
                        findings.append(("\(channel.rawValue): \(transport.name)", false, error.description))
                    }
                }
            }
        }
        return findings
    }

    /// Scheme and host: the rest of an address may be a secret.
    private static func host(of url: String) -> String {
        guard let start = url.firstRange(of: "://") else { return "?" }
        return String(url[..<start.upperBound] + url[start.upperBound...].prefix { $0 != "/" && $0 != "?" })
    }

    private static func finding(
        _ name: String,
        _ url: String,
        _ probe: Result<SMTPProbe, SMTPFailure>
    ) -> (String, Bool, String) {
        switch probe {
        case .failure(let failure):
            return (name, false, "\(url): \(failure)")
        case .success(let server):
            let words = [
                server.isTLS ? "TLS" : "in the clear", server.isAuthenticated ? "signed in" : nil,
                server.extensions.pipelining ? "PIPELINING" : "no PIPELINING",
                server.extensions.smtpUTF8 ? "SMTPUTF8" : nil,
                server.extensions.sizeLimit.map { "at most \($0 >> 20) MiB" },
            ].compactMap { $0 }
            return (name, true, "\(url) answers from \(server.address): \(words.joined(separator: ", "))")
        }
    }

    private func report(_ findings: [Finding]) {
        guard !json else {
            var writer = JSONWriter()
            writer.beginArray()
            for finding in findings {
                writer.beginObject()
                writer.member("check", finding.name)
                writer.member("passes", finding.passes)
                writer.member("verdict", finding.verdict)
                writer.endObject()
            }
            writer.endArray()
            return Console.print(writer.text)
        }
        var table = Table([("CHECK", .left), ("", .left), ("VERDICT", .left)])
        for finding in findings {
            for (index, line) in finding.verdict.split(separator: "\n").enumerated() {
                table.add([
                    index == 0 ? finding.name : "",
                    index == 0 ? (finding.passes ? Console.style("ok", .green) : Console.style("no", .red)) : "",
                    String(line),
                ])
            }
        }
        Console.print(table.text)
    }
}
