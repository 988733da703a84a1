import ArgumentParser
import Glibc
import Messaging
import Metrics
import NIOCore
import Server
import ServiceLifecycle
import Synchronization

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send what is due, keep house, and serve the HTTP interface and the operators' page.",
        discussion: """
            Runs until it is stopped. Listens on 127.0.0.1:8025 unless 'http.listen' or --listen says otherwise. Tells systemd \
            when it is ready and alive (Type=notify, WatchdogSec). The other commands work beside it.
            """
    )

    @OptionGroup var options: CommonOptions

    @Option(
        help: ArgumentHelp("Where to listen, instead of 'http.listen'; 'none' for nowhere.", valueName: "host:port")
    )
    var listen: String?

    func run() async throws {
        try await withApp(options, creates: true) { app in
            var http = app.configuration.http
            if let listen { http.listen = listen }
            guard http.isOff || ListenAddress(http.listen) != nil else {
                throw ValidationError("'\(http.listen)' is no address: write it like 127.0.0.1:8025, or none.")
            }
            let registry = PrometheusRegistry()
            MetricsSystem.bootstrap(registry)
            let signs = Systemd.LifeSigns(parts: http.isOff ? 1 : 2)
            let worker = try await Worker(
                app,
                .init(name: "dunlin serve", isMeasured: true, onTurn: signs.turn),
                housekeeping: true
            ) { admission in
                guard let address = ListenAddress(http.listen) else { return [] }
                return [
                    AdmittedService(
                        admission: admission,
                        service: try HTTPServer(
                            settings: http,
                            address: address,
                            backend: try await app.backend(),
                            registry: registry,
                            version: Dunlin.version,
                            onListening: { _ in signs.ready() }
                        )
                    )
                ]
            }
            do {
                try await worker.run()
            } catch let error as IOError {
                throw Failure(
                    .unavailable,
                    "cannot listen on \(http.listen): \(String(cString: strerror(error.errnoCode))). Name another address "
                        + "with 'http.listen' or --listen"
                )
            }
            try worker.report()
        }
    }
}

/// A service that waits until the dispatcher has been admitted to the database.
private struct AdmittedService: Service {
    let admission: AsyncStream<Void>
    let service: any Service

    func run() async throws {
        for await _ in admission.cancelOnGracefulShutdown() {}
        guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
        try await service.run()
    }
}
