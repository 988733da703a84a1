import ArgumentParser
import Foundation
import Logging
import Messaging
import Server
import Storage

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The configuration file (default: $DUNLIN_CONFIG, or dunlin.yaml if it is there).",
            valueName: "file"
        )
    )
    var config: String?

    @Flag(name: .shortAndLong, help: "Log more, down to each outcome with the server's words.")
    var verbose = false
}

/// An opened installation: configuration, database, templates.
struct App {
    let configuration: Configuration
    let settings: MessagingSettings
    let database: SQLiteDatabase
    let queue: Queue
    let optOuts: OptOuts
    /// The database's and the worker's: both must go by the same time.
    let clock: WallClock
    let logger: Logger

    /// - Parameter creates: whether a database that is not there is made; a command that only looks is told that it looks
    ///   in the wrong place.
    static func open(_ options: CommonOptions, creates: Bool) async throws -> App {
        let configuration = try Configuration.load(options.config)
        let path = configuration.databasePath
        guard creates || FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                .noInput,
                "there is no database at \(path): 'dunlin enqueue' makes one, or name another --config"
            )
        }
        return try await open(configuration, verbose: options.verbose)
    }

    static func open(_ configuration: Configuration, verbose: Bool) async throws -> App {
        let clock = WallClock.steady()
        let database = try SQLiteDatabase(path: configuration.databasePath, clock: clock)
        try await database.migrate(Schema.migrations)
        let unknown = try await PhoneKeys.upgrade(database, region: configuration.messaging.region)
        let logger = App.logger(verbose: verbose)
        if !unknown.isEmpty {
            logger.warning(
                "opt-outs of numbers whose country is not known cover nothing: record them anew with + and the country code",
                metadata: ["numbers": "\(unknown.prefix(20).joined(separator: ", "))", "count": "\(unknown.count)"]
            )
        }
        return App(
            configuration: configuration,
            settings: configuration.messaging,
            database: database,
            queue: Queue(database, policies: CompliancePolicies(configuration.messaging.brands)),
            optOuts: OptOuts(database),
            clock: clock,
            logger: logger
        )
    }

    static func logger(verbose: Bool) -> Logger {
        var logger = Logger(label: "dunlin") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = verbose ? .debug : .info
        return logger
    }

    /// The templates and brands. Broken templates are told of and left out.
    func composer() async throws -> Composer {
        let library = TemplateLibrary(folder: try configuration.templatesPath())
        for problem in library.problems { logger.warning("template left out: \(problem)") }
        return Composer(
            library: library,
            brands: try Brand.all(settings.brands, folder: settings.folder),
            secret: try await Installation.secret(database),
            links: try await links(),
            textsTakeReplies: settings.textsTakeReplies
        )
    }

    /// Where recipients say no, where the world reaches us.
    private func links() async throws -> OptOutLinks? {
        guard let url = configuration.http.publicURL else { return nil }
        return OptOutLinks(publicURL: url, tokens: try await Installation.optOutTokens(database))
    }

    func reader() async throws -> MessageReader { reader(try await composer()) }

    private func reader(_ composer: Composer) -> MessageReader {
        MessageReader(composer: composer, channels: settings.rules)
    }

    /// What the HTTP interface works with.
    func backend() async throws -> Backend {
        let composer = try await composer()
        return Backend(
            queue: queue,
            optOuts: optOuts,
            audit: AuditLog(database),
            lanes: Dictionary(
                uniqueKeysWithValues: Channel.allCases.map { channel in
                    (channel, settings.settings(for: channel)?.transports.map(\.name) ?? [])
                }
            ),
            spending: Spending(database),
            prices: settings.prices(of: .sms),
            tasks: ManualTasks(queue),
            envelope: settings.envelope,
            policies: CompliancePolicies(settings.brands),
            counts: ComplianceCounts(database),
            evidence: Evidence(database),
            reputation: Reputation(database),
            replies: Replies(database),
            tokens: Tokens(database),
            subscriptions: Subscriptions(queue),
            allowsPrivateSubscribers: settings.subscriptions.allowPrivate,
            composer: composer,
            reader: reader(composer),
            brands: settings.brandNames,
            region: settings.region,
            hooks: Transports.hooks(settings, secret: try await Installation.secret(database)),
            reopening: settings.reopening,
            secret: try await Installation.secret(database),
            clock: clock,
            logger: logger
        )
    }

    func close() {
        try? database.close()
    }
}

extension ParsableArguments {
    /// Opens the installation for the time of `body`.
    func withApp<Result>(
        _ options: CommonOptions,
        creates: Bool = false,
        _ body: (App) async throws -> Result
    ) async throws -> Result {
        let app = try await App.open(options, creates: creates)
        do {
            let result = try await body(app)
            app.close()
            return result
        } catch {
            app.close()
            throw error
        }
    }
}
