import ArgumentParser
import Messaging

struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send what is due.",
        discussion: """
            Workers only; 'dunlin serve' does the housekeeping too. A stop signal ends it cleanly: nothing more is claimed, \
            what is on the wire is finished, and every outcome is written. A second signal ends it at once.

            Exit status: 0 done or stopped cleanly, 75 a lane was stopped by a fault and its messages wait.
            """
    )

    @OptionGroup var options: CommonOptions

    @Flag(help: "Exit when nothing is due or in flight.")
    var untilEmpty = false

    @Flag(help: "Print the processor time of each phase at the end.")
    var profile = false

    func run() async throws {
        try await withApp(options, creates: true) { app in
            let worker = try await Worker(
                app,
                .init(name: "dunlin work", untilEmpty: untilEmpty, profile: profile),
                housekeeping: false
            )
            let network = try await worker.run()
            if profile { Console.print(Profile(worker.summary, network: network).text) }
            try worker.report(untilEmpty: untilEmpty)
        }
    }
}
