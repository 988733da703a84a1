import ArgumentParser

@main
struct Dunlin: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "dunlin",
        abstract: "Sends messages and reminders, politely and persistently.",
        discussion: """
            Without a configuration, messages are kept in ./dunlin.sqlite and written to ./outbox/ instead of being sent.
            Start with 'dunlin demo', then 'dunlin init'.

            Shell completions: dunlin --generate-completion-script bash (or zsh, fish).
            """,
        version: version,
        groupedSubcommands: [
            CommandGroup(name: "Begin", subcommands: [Demo.self, Init.self, Check.self]),
            CommandGroup(name: "Send", subcommands: [Enqueue.self, Work.self, Serve.self, InboundCommand.self]),
            CommandGroup(name: "Watch", subcommands: [Status.self, Shape.self, Why.self, SpendingCommand.self]),
            CommandGroup(
                name: "Act",
                subcommands: [
                    MessageCommand.self, TaskCommand.self, ReplyCommand.self, OptOutCommand.self, TemplateCommand.self,
                    LaneCommand.self,
                    SubscriptionCommand.self, TokenCommand.self, DKIMCommand.self, ComplyCommand.self,
                    PersonCommand.self, AuditCommand.self,
                ]
            ),
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.exit(error)
        }
    }
}
