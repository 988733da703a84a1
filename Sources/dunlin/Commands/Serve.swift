import ArgumentParser
import Messaging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send what is due, and keep house: end what has expired, forget what is old.",
        discussion: """
            Runs until it is stopped. Tells systemd when it is ready and alive (Type=notify, WatchdogSec). The other commands \
            work beside it.
            """
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await withApp(options, creates: true) { app in
            let worker = try await Worker(
                app,
                .init(name: "dunlin serve", onTurn: Systemd.lifeSigns()),
                housekeeping: true
            )
            try await worker.run()
            try worker.report()
        }
    }
}
