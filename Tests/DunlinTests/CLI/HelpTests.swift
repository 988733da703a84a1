import TestSupport
import Testing

@Suite("Help")
struct HelpTests {
    @Test("the first page")
    func main() async throws {
        let site = try Site(nil)
        let help = try await site.dunlin("--help", environment: ["COLUMNS": "80"])
        #expect(help.code == 0)
        #expect(help.errors == "")
        #expect(
            help.output == """
                OVERVIEW: Sends messages and reminders, politely and persistently.

                Without a configuration, messages are kept in ./dunlin.sqlite and written to
                ./outbox/ instead of being sent.
                Start with 'dunlin demo', then 'dunlin init'.

                Shell completions: dunlin --generate-completion-script bash (or zsh, fish).

                USAGE: dunlin <subcommand>

                OPTIONS:
                  --version               Show the version.
                  -h, --help              Show help information.

                BEGIN SUBCOMMANDS:
                  demo                    A tour in a temporary folder: reminders in every
                                          tone, written to an outbox.
                  init                    Write a commented dunlin.yaml.
                  check                   Check the configuration, templates, database and
                                          transports.

                SEND SUBCOMMANDS:
                  enqueue                 Accept messages from JSON Lines.
                  work                    Send what is due.
                  serve                   Send what is due, keep house, and serve the HTTP
                                          interface and the operators' page.
                  inbound                 Take in a mail from standard input, or what waits in
                                          the mailbox: bounces, complaints, answers.

                WATCH SUBCOMMANDS:
                  status                  How things stand: depth, age, rates, lanes, problems.
                  shape                   The backlog by age, as qshape shows it for Postfix.
                  why                     When a message may go next, and every check with its
                                          verdict.
                  spending                What texts have cost by day, provider and brand, and
                                          what those that wait will cost.

                ACT SUBCOMMANDS:
                  message                 Look at messages, and cancel, retry, approve, hold or
                                          edit them.
                  task                    Calls and letters that people see to: list, show,
                                          assign and finish them.
                  reply                   What people have written back: list, show, assign and
                                          finish it.
                  opt-out                 Who said no, and to what.
                  template                List, check, preview and render templates.
                  lane                    The ways out: how they stand; pause and resume them.
                  subscription            Who is told of what happens, over signed webhooks.
                  token                   Who may use the HTTP interface, and for what.
                  dkim                    The keys with which a brand's email is signed.
                  comply                  Which rules are applied, and what they say of a
                                          message.
                  person                  What is kept of a person: show, export, erase and
                                          hold it; what they agree and object to.
                  audit                   Who changed what, and the evidence of what was sent
                                          and why.

                  See 'dunlin help <subcommand>' for detailed help.

                """
        )
    }

    @Test(
        "every command has a page of its own, and touches nothing to show it",
        arguments: [
            ["demo"], ["init"], ["check"], ["enqueue"], ["work"], ["serve"], ["status"], ["shape"], ["why"],
            ["message"], ["message", "list"], ["message", "show"], ["message", "cancel"], ["message", "retry"],
            ["message", "approve"], ["opt-out"], ["opt-out", "add"], ["opt-out", "remove"], ["opt-out", "list"],
            ["opt-out", "check"], ["opt-out", "import"], ["opt-out", "export"], ["opt-out", "rotate-key"], ["dkim"],
            ["dkim", "new"],
            ["dkim", "dns"], ["dkim", "check"], ["template"], ["template", "list"],
            ["template", "check"], ["template", "preview"], ["template", "render"], ["token"], ["token", "create"],
            ["token", "list"], ["token", "revoke"], ["subscription"], ["subscription", "add"],
            ["subscription", "replay"], ["task"], ["task", "list"], ["task", "show"], ["task", "assign"],
            ["task", "finish"],
            ["lane"], ["lane", "list"], ["lane", "pause"], ["lane", "resume"], ["spending"],
        ]
    )
    func pages(command: [String]) async throws {
        let site = try Site(nil)
        let help = try await site.start(command + ["--help"]).end()
        #expect(help.code == 0)
        #expect(help.output.hasPrefix("OVERVIEW: "))
        #expect(help.output.contains("USAGE: dunlin \(command.joined(separator: " "))"))
        #expect(site.folder.text(of: "dunlin.sqlite") == nil)
    }

    @Test("a script of completions for each shell", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let script = try await Site(nil).dunlin("--generate-completion-script", shell)
        #expect(script.code == 0)
        #expect(script.output.contains("opt-out"))
    }

    struct Misuse {
        let words: [String]
        let message: String
    }

    @Test(
        "a wrong word is told of, with exit status 64",
        arguments: [
            Misuse(words: ["frobnicate"], message: "Error: Unexpected argument 'frobnicate'"),
            Misuse(words: ["work", "--frob"], message: "Error: Unknown option '--frob'"),
            Misuse(words: ["message", "list", "--state", "nope"], message: "Error: There is no state 'nope'."),
            Misuse(words: ["message", "list", "--channel", "fax"], message: "Error: There is no channel 'fax'."),
            Misuse(words: ["message", "cancel"], message: "Error: Name messages, or a filter such as --state held."),
            Misuse(
                words: ["shape", "--by", "colour"],
                message: "Error: The value 'colour' is invalid for '--by <by>'."
            ),
        ]
    )
    func misuse(_ misuse: Misuse) async throws {
        let site = try Site(nil)
        try await site.begin()
        let outcome = try await site.start(misuse.words).end()
        #expect(outcome.code == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix(misuse.message), "\(outcome.errors)")
    }
}
