import Foundation
import Messaging
import Server

/// `dunlin.yaml`, read once.
struct Configuration: Decodable {
    /// `sqlite:FILE`, relative to the configuration's folder. Default `sqlite:dunlin.sqlite`.
    var database = "sqlite:dunlin.sqlite"
    /// The folder of templates. Default: the shipped ones.
    var templates: String?
    /// Everything goes to the outbox, whatever the transports say. Default false.
    var sandbox = false
    /// Finished messages are forgotten after this time. Default `90d`; `never` keeps them.
    var retention: TimeSpan? = TimeSpan(milliseconds: 90 * 86_400_000)
    /// What providers have posted is kept as it came for this time; what it said stays. Default `30d`.
    var rawRetention = TimeSpan(milliseconds: 30 * 86_400_000)
    /// The words of evidence about messages are kept for this time after anybody wrote to the person. Default `1826d` (five years);
    /// `never` erases none.
    var evidenceRetention: TimeSpan? = .evidence
    /// The longest that a stop waits for what is on the wire. Default `30s`.
    var stopWithin = TimeSpan(milliseconds: 30_000)
    var channels: [Channel: ChannelSettings] = [:]
    var brands: [String: BrandSettings] = [:]
    var http = HTTPSettings()
    var subscriptions = SubscriptionSettings()
    /// A mailbox that is looked into for bounces, complaints and answers.
    var inbound: InboundSettings?
    /// The folder that relative paths start from.
    var folder = "."

    enum CodingKeys: String, CodingKey {
        case database, templates, sandbox, retention, channels, brands, http, subscriptions, inbound
        case stopWithin = "stop_within"
        case rawRetention = "raw_retention"
        case evidenceRetention = "evidence_retention"
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        database = try container.decodeIfPresent(String.self, forKey: .database) ?? database
        guard database.hasPrefix("sqlite:"), database != "sqlite:" else {
            throw DecodingError.dataCorruptedError(
                forKey: .database,
                in: container,
                debugDescription: "this is no database that is known: write sqlite:FILE"
            )
        }
        templates = try container.decodeIfPresent(String.self, forKey: .templates)
        sandbox = try container.decodeIfPresent(Bool.self, forKey: .sandbox) ?? sandbox
        /// `never` is no time.
        func time(_ key: CodingKeys, _ standard: TimeSpan?) throws -> TimeSpan? {
            if try container.decodeIfPresent(String.self, forKey: key) == "never" { return nil }
            return try container.decodeIfPresent(TimeSpan.self, forKey: key) ?? standard
        }
        retention = try time(.retention, retention)
        evidenceRetention = try time(.evidenceRetention, evidenceRetention)
        rawRetention = try container.decodeIfPresent(TimeSpan.self, forKey: .rawRetention) ?? rawRetention
        stopWithin = try container.decodeIfPresent(TimeSpan.self, forKey: .stopWithin) ?? stopWithin
        let named = try container.decodeIfPresent([String: ChannelSettings].self, forKey: .channels) ?? [:]
        for (name, settings) in named.sorted(by: { $0.key < $1.key }) {
            guard let channel = Channel(named: name) else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: [CodingKeys.channels, NameKey(name)],
                        debugDescription: "there is no such channel; known: "
                            + Channel.allCases.map(\.rawValue).joined(separator: ", ")
                    )
                )
            }
            channels[channel] = settings
        }
        brands = try container.decodeIfPresent([String: BrandSettings].self, forKey: .brands) ?? [:]
        http = try container.decodeIfPresent(HTTPSettings.self, forKey: .http) ?? http
        subscriptions =
            try container.decodeIfPresent(SubscriptionSettings.self, forKey: .subscriptions) ?? subscriptions
        inbound = try container.decodeIfPresent(InboundSettings.self, forKey: .inbound)
    }

    /// Reads `path`, or `DUNLIN_CONFIG`, or `dunlin.yaml` in the working folder if it is there; else the defaults.
    static func load(
        _ path: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Configuration {
        let named = path ?? environment["DUNLIN_CONFIG"]
        let file = named ?? "dunlin.yaml"
        guard FileManager.default.fileExists(atPath: file) else {
            guard named == nil else {
                throw ConfigurationError(
                    file: file,
                    line: nil,
                    key: "",
                    message: "there is no such file: 'dunlin init' writes one"
                )
            }
            return Configuration()
        }
        guard let yaml = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw ConfigurationError(file: file, line: nil, key: "", message: "it cannot be read as UTF-8 text")
        }
        var configuration = try StrictDecoder(environment: environment, file: file).decode(
            Configuration.self,
            from: yaml
        )
        let folder = (file as NSString).deletingLastPathComponent
        configuration.folder = folder.isEmpty ? "." : folder
        return configuration
    }

    /// Whether email leaves, and is not only written to an outbox.
    var writes: Bool { channels[.email]?.transports.contains { $0.type != "outbox" } ?? false }

    var messaging: MessagingSettings {
        var settings = MessagingSettings(
            channels: channels,
            brands: brands,
            subscriptions: subscriptions,
            sandbox: sandbox,
            retention: retention,
            stopWithin: stopWithin,
            folder: folder,
            outbox: outboxPath
        )
        settings.rawRetention = rawRetention
        settings.evidenceRetention = evidenceRetention
        return settings
    }

    /// Beside the database.
    private var outboxPath: String {
        let parent = (databasePath as NSString).deletingLastPathComponent
        return parent.isEmpty ? "outbox" : "\(parent)/outbox"
    }

    /// The path of the SQLite file.
    var databasePath: String { resolve(String(database.dropFirst("sqlite:".count))) }

    /// The folder of templates: configured, `DUNLIN_TEMPLATES`, or the shipped ones beside or above the program.
    func templatesPath(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
        if let templates { return resolve(templates) }
        if let named = environment["DUNLIN_TEMPLATES"] { return named }
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        var candidates = [resolve("Templates")]
        while folder.path != "/" {
            candidates.append(folder.appendingPathComponent("Templates").path)
            candidates.append(folder.appendingPathComponent("share/dunlin/Templates").path)
            folder.deleteLastPathComponent()
        }
        let found = candidates.first { FileManager.default.fileExists(atPath: $0 + "/_partials") }
        guard let found else {
            throw ConfigurationError(
                file: "templates",
                line: nil,
                key: "",
                message: "the shipped templates are not beside the program: set 'templates' or DUNLIN_TEMPLATES"
            )
        }
        return found
    }

    func resolve(_ path: String) -> String {
        path.hasPrefix("/") || folder == "." ? path : "\(folder)/\(path)"
    }
}
