import ArgumentParser
import Foundation
import JSON
import Messaging
import Storage

struct Enqueue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Accept messages from JSON Lines.",
        discussion: """
            One message a line. What is accepted survives a power failure. A bad line is told of on standard error with its \
            number and reason, and the good ones stay accepted: mend it and run the whole file again, messages with a 'key' \
            are not accepted twice.

            Exit status: 0 all accepted or there already, 65 some lines were bad, 75 the disk is full or the database busy.
            """
    )

    @OptionGroup var options: CommonOptions

    @Argument(help: "A file, or - for standard input.", completion: .file())
    var file = "-"

    @Flag(help: "Print the counts as JSON.")
    var json = false

    func run() async throws {
        try await withApp(options, creates: true) { app in
            let input = try LineReader(file)
            if file == "-", isatty(STDIN_FILENO) == 1 {
                Console.error("reading messages from the terminal; end with Ctrl-D")
            }
            var intake = Intake(queue: app.queue, reader: try await app.reader())
            do {
                try await intake.run(input)
            } catch let error as StorageError {
                Console.endProgress()
                Console.error("stopped after line \(intake.settledLines): \(intake.counts.text)")
                throw error
            }
            Console.endProgress()
            Console.print(json ? intake.counts.json : intake.counts.text)
            if intake.counts.bad > 0 { throw Failure(.data, "") }
        }
    }
}
