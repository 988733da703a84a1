import ArgumentParser
import Curl
import Foundation
import Messaging
import Storage

struct InboundCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbound",
        abstract: "Take in a mail from standard input, or what waits in the mailbox: bounces, complaints, answers.",
        discussion: """
            For a mail server's pipe, such as this line of Postfix's master.cf, or .forward: "|dunlin --config ... inbound".

              dunlin unix - n n - - pipe user=dunlin argv=/usr/bin/dunlin inbound --recipient ${recipient}

            Exit status: 0 it is taken in, 65 it is no mail, 75 it could not be kept now: the mail server tries again.
            """
    )
    @OptionGroup var options: CommonOptions
    @Option(help: "Whom it was delivered to.")
    var recipient: String?
    @Flag(help: "Look once into the mailbox of the configuration ('inbound'), in place of standard input.")
    var mailbox = false

    func run() async throws {
        if mailbox { return try await takeMailbox() }
        var data = Data()
        while let more = try FileHandle.standardInput.read(upToCount: 1 << 20), !more.isEmpty {
            guard data.count <= InboundDesk.largest else {
                throw Failure(.data, "the mail has more than \(InboundDesk.largest >> 20) MiB")
            }
            data += more
        }
        guard !data.isEmpty else { throw Failure(.data, "there is no mail on standard input") }
        let bytes = Array(data)
        do {
            try await withApp(options, creates: true) { app in
                let desk = InboundDesk(queue: app.queue, secret: try await Installation.secret(app.database))
                let (mail, isNew) = try await desk.take(bytes, recipient: recipient)
                if case .wish = mail.matter { try await app.optOuts.takeEffect() }
                Console.print("\(InboundCommand.words(mail))\(isNew ? "" : ", which came before")")
            }
        } catch {
            // Whatever is wrong here, the mail is good: the mail server keeps it and comes again.
            throw Failure(.temporary, (error as? StorageError)?.message ?? "\(error)")
        }
    }

    private func takeMailbox() async throws {
        try await withApp(options, creates: true) { app in
            guard let inbound = app.configuration.inbound else {
                throw Failure(.configuration, "there is no mailbox: give 'inbound' in the configuration")
            }
            let poller = try MailboxPoller(
                inbound,
                folder: app.settings.folder,
                queue: app.queue,
                secret: try await Installation.secret(app.database),
                logger: app.logger
            )
            do {
                let count = try await poller.round()
                try await app.optOuts.takeEffect()
                Console.print(count == 0 ? "Nothing has come in." : "Taken in: \(Words.count(Int64(count))) mails.")
            } catch let failure as IMAPFailure {
                throw Failure(.temporary, "the mailbox cannot be read: \(failure)")
            }
        }
    }

    private static func words(_ mail: InboundMail) -> String {
        let of = mail.message.map { " of message \($0)" } ?? ", of no message that it proves"
        return switch mail.matter {
        case .bounce(.delivered, _): "a receipt\(of)"
        case .bounce(.underway, let detail): "a delay\(of): \(detail)"
        case .bounce(.failed, let detail): "a bounce\(of): \(detail)"
        case .complaint: "a complaint\(of)"
        case .automatic: "an automatic mail, which means nothing"
        case .wish(.stop, _): "a no from \(mail.from)\(of)"
        case .wish(.review, _): "perhaps a no from \(mail.from)\(of): read it on the page of opt-outs"
        case .wish, .reply: "an answer from \(mail.from)\(of)"
        }
    }
}
