import Hummingbird
import HummingbirdCore
import Logging
import Messaging
import NIOCore
public import ServiceLifecycle

/// The API, the operators' page and the metrics, as one service.
public struct HTTPServer: Service {
    private let settings: HTTPSettings
    private let address: ListenAddress
    private let logger: Logger
    private let register: TokenRegister
    private let readiness: Readiness
    private let responder: RouterResponder<ServerContext>
    private let onListening: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - registry: what `/metrics` shows.
    ///   - onListening: called with the port once requests are taken.
    public init(
        settings: HTTPSettings,
        address: ListenAddress,
        backend: Backend,
        registry: PrometheusRegistry,
        version: String,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        self.settings = settings
        self.address = address
        self.onListening = onListening
        logger = backend.logger
        register = TokenRegister(tokens: backend.tokens, clock: backend.clock, logger: backend.logger)
        readiness = Readiness()
        let sessions = Sessions(secret: backend.secret, settings: settings, clock: backend.clock)
        let gatekeeper = Gatekeeper(register: register, sessions: sessions, logger: backend.logger)
        let reports = StatusCache(queue: backend.queue, clock: backend.clock)
        let page = Page(templates: try PageTemplates(), sessions: sessions, reports: reports, version: version)
        responder = Route.router(
            HTTPServer.routes(
                backend,
                settings.publicURL,
                settings.inboundKey?.value,
                AcceptQueue(mostMessages: settings.acceptQueue),
                register,
                gatekeeper,
                reports,
                readiness,
                page,
                registry,
                version
            ),
            gatekeeper: gatekeeper
        ).buildResponder()
    }

    private static func routes(
        _ backend: Backend,
        _ publicURL: String?,
        _ inboundKey: String?,
        _ acceptQueue: AcceptQueue,
        _ register: TokenRegister,
        _ gatekeeper: Gatekeeper,
        _ reports: StatusCache,
        _ readiness: Readiness,
        _ page: Page,
        _ registry: PrometheusRegistry,
        _ version: String
    ) -> [Route] {
        let api = [
            EnqueueRoute(backend: backend, register: register, acceptQueue: acceptQueue).routes,
            MessageRoutes(backend: backend).routes, OptOutRoutes(backend: backend).routes,
            AuditRoutes(backend: backend).routes, TaskRoutes(backend: backend).routes,
            ReplyRoutes(backend: backend).routes,
            SpendingRoutes(backend: backend).routes,
            LaneRoutes(backend: backend).routes,
            TemplateRoutes(backend: backend).routes, SubscriptionRoutes(backend: backend).routes,
            HookRoutes(backend: backend, publicURL: publicURL, inboundKey: inboundKey).routes,
            StatusRoutes(backend: backend, reports: reports, readiness: readiness).routes,
            MetricsRoute(registry: registry, reports: reports, version: version).routes,
        ]
        let pages = [
            FrontRoutes(backend: backend, page: page, register: register).routes,
            MessagePageRoutes(backend: backend, page: page).routes,
            TaskPageRoutes(backend: backend, page: page).routes,
            LanePageRoutes(backend: backend, page: page).routes,
            CompliancePageRoutes(backend: backend, page: page).routes,
            TemplatePageRoutes(backend: backend, page: page).routes,
            OptOutPageRoutes(backend: backend, page: page).routes,
            OptOutLinkRoutes(backend: backend, templates: page.templates).routes,
            LiveRoutes(backend: backend, page: page, gatekeeper: gatekeeper).routes,
        ]
        return (api + pages).flatMap { $0 }
    }

    public func run() async throws {
        let settings = settings
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionGuard(settings: settings)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 16 << 10,
                        maxHeaderListSize: 16 << 10,
                        maxHeaderFieldCount: 100
                    )
                )
            ),
            configuration: .init(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(settings.connections)
            ),
            services: [register],
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                logger.notice("listening", metadata: ["address": "http://\(address.host):\(port)"])
                onListening(port)
            },
            logger: HTTPServer.quiet(logger)
        )
        try await withGracefulShutdownHandler {
            try await application.run()
        } onGracefulShutdown: {
            readiness.stop()
        }
    }

    /// Hummingbird tells of every request what we tell ourselves.
    private static func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = .warning
        return logger
    }
}
