import ArgumentParser
import Foundation
import JSON
import Messaging
import Storage

struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Calls and letters that people see to: list, show, assign and finish them.",
        discussion: "A transport of type 'task' makes one of each message on the channels call and letter.",
        subcommands: [List.self, Show.self, Assign.self, Finish.self]
    )

    static func find(_ id: Int64, _ app: App) async throws -> ManualTask {
        guard let task = try await ManualTasks(app.queue).task(id, now: app.clock.now()) else {
            throw Failure(.data, "there is no task \(id): see 'dunlin task list'")
        }
        return task
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List open tasks, those that are due first.")
        @OptionGroup var options: CommonOptions
        @Flag(help: "List what is done, newest first.")
        var done = false
        @Option(help: "Only this person's.")
        var assignee: String?
        @Option(help: "How many at most.")
        var limit: UInt16 = 50
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            try await withApp(options) { app in
                let (tasks, now) = (ManualTasks(app.queue), app.clock.now())
                let found =
                    done
                    ? try await tasks.done(assignee: assignee, limit: Int(limit), now: now)
                    : try await tasks.open(assignee: assignee, limit: Int(limit), now: now)
                guard !json else {
                    for task in found { Console.print(JSONWriter.text { task.write(to: &$0) }) }
                    return
                }
                var table = Table([
                    ("TASK", .right), ("WHAT", .left), ("TO", .left), ("DUE", .left), ("WHO", .left), ("STATE", .left),
                ])
                for task in found {
                    let late = task.state == .open && task.due < now ? "late" : "open"
                    table.add([
                        "\(task.id)", task.channel.rawValue, task.to, Timestamp.text(task.due), task.assignee ?? "-",
                        task.outcome?.words ?? task.stop ?? task.notNow ?? late,
                    ])
                }
                Console.print(table.isEmpty ? (done ? "Nothing is done yet." : "There is nothing to do.") : table.text)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a task with what is to be said or posted.",
            discussion: "Who has said no since is told of, and the words are withheld."
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "The task's number, which is its message's.")
        var id: Int64
        @Flag(help: "Print JSON.")
        var json = false
        @Option(help: "Write a letter as a page to print, with the address where a window envelope shows it.")
        var letter: String?

        func run() async throws {
            try await withApp(options) { app in
                let task = try await TaskCommand.find(id, app)
                let composer = try await app.composer()
                var parts: [RenderedPart] = []
                if task.stop == nil, let message = try await app.queue.message(id) {
                    parts = try composer.parts(of: message)
                }
                if let letter {
                    guard task.channel == .letter, !parts.isEmpty else {
                        throw Failure(
                            .data,
                            "task \(id) is no letter\(task.stop.map { ", or must not be sent: \($0)" } ?? "")"
                        )
                    }
                    let sheet = LetterSheet.html(
                        to: task.to,
                        brand: composer.brands[task.brand],
                        parts: parts,
                        envelope: app.settings.envelope
                    )
                    do {
                        try Data(sheet).write(to: URL(fileURLWithPath: letter), options: .atomic)
                    } catch {
                        throw Failure(.cannotCreate, "\(letter) cannot be written: \(error.localizedDescription)")
                    }
                    Console.print("Written to \(letter): print it, then 'dunlin task finish \(id) posted'.")
                    return
                }
                if json { return Console.print(JSONWriter.text { task.write(to: &$0, parts: parts) }) }
                Console.print("Task \(task.id): \(task.channel.rawValue) to \(task.to)")
                Console.print(
                    "due \(Timestamp.text(task.due)), for \(task.assignee ?? "nobody yet"), \(task.state.rawValue)"
                )
                if let outcome = task.outcome {
                    Console.print("\(outcome.words), by \(task.by ?? "")\(task.note.map { ": \($0)" } ?? "")")
                }
                if let notNow = task.notNow { Console.print("Do it later: \(notNow).") }
                if let stop = task.stop {
                    Console.print("It must not be done any more: \(stop). 'dunlin task finish \(id) not_done' ends it.")
                }
                for part in parts where !part.isHTML { Console.print("\n\(part.text)") }
                if task.channel == .letter, task.stop == nil {
                    Console.print("\n'dunlin task show \(id) --letter letter.html' writes it for printing.")
                }
            }
        }
    }

    struct Assign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say who sees to a task.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "The task's number.")
        var id: Int64
        @Argument(help: "Who; leave it out for nobody.")
        var assignee: String?

        func run() async throws {
            try await withApp(options) { app in
                _ = try await TaskCommand.find(id, app)
                guard try await ManualTasks(app.queue).assign(id, to: assignee) else {
                    throw Failure(.data, "task \(id) is not open")
                }
                Console.print("Task \(id) is \(assignee.map { "\($0)'s" } ?? "nobody's").")
            }
        }
    }

    struct Finish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what came of a task; its message ends with it.",
            discussion: """
                A call: reached, voicemail, promised, disputed, wrong_number or not_done. A letter: posted, returned or \
                not_done. After wrong_number and returned nothing more goes to that address; what is not_done may be retried.
                """
        )
        @OptionGroup var options: CommonOptions
        @Argument(help: "The task's number.")
        var id: Int64
        @Argument(help: "Such as reached or posted.")
        var outcome: String
        @Option(help: "What was said, for the message's story.")
        var note: String?

        func run() async throws {
            try await withApp(options) { app in
                let task = try await TaskCommand.find(id, app)
                let known = ManualTask.Outcome.known(task.channel)
                guard let outcome = ManualTask.Outcome(rawValue: outcome), known.contains(outcome) else {
                    let words = known.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError(
                        "'\(self.outcome)' is no outcome of a \(task.channel.rawValue); known: \(words)."
                    )
                }
                switch try await ManualTasks(app.queue).finish(id, outcome, note: note, by: Console.user) {
                case .done: Console.print("Task \(id): \(outcome.words).")
                case .notOpen: throw Failure(.data, "task \(id) is not open")
                case .stopped(let why):
                    throw Failure(
                        .data,
                        "task \(id) must not be done: \(why). 'dunlin task finish \(id) not_done' ends it"
                    )
                }
            }
        }
    }
}
