import ArgumentParser
import Curl
import Foundation
import JSON
import Messaging

struct DKIMCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dkim",
        abstract: "The keys with which a brand's email is signed.",
        discussion: """
            Sign here, or leave it to the relay: without 'dkim' in a brand nothing is signed here. First 'dkim new', then publish \
            the record, name the key in the brand, and 'dkim check'.
            """,
        subcommands: [New.self, DNS.self, Check.self]
    )

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key, and show what to publish for it.")
        enum Kind: String, ExpressibleByArgument, CaseIterable {
            case rsa, ed25519
        }

        @Option(help: "Under which it stands in the DNS, such as s2026a.")
        var selector: String
        @Option(help: "The domain of the brand's 'from'.")
        var domain: String
        @Option(help: "rsa (2048 bits, understood by all) or ed25519.")
        var type = Kind.rsa
        @Option(help: "The file to write; it must not be there.", completion: .file())
        var out: String

        func run() async throws {
            let key = try DKIMKey(type == .rsa ? .rsa : .ed25519)
            // Nobody else may read it, not for a moment.
            let file = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else {
                throw Failure(
                    .cannotCreate,
                    errno == EEXIST
                        ? "\(out) is there already: name another file"
                        : "\(out) cannot be made: \(String(cString: strerror(errno)))"
                )
            }
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
            try handle.write(contentsOf: Data(key.pem.utf8))
            try handle.close()
            Console.print(
                """
                The key is in \(out). Publish this TXT record:

                \(DKIMCommand.line("\(selector)._domainkey.\(domain)", key.record))

                Then name it in the brand of dunlin.yaml, and run 'dunlin dkim check':

                    dkim:
                      - {selector: \(selector), key: \(out), domain: \(domain)}
                """
            )
        }
    }

    struct DNS: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the records of all keys, as a zone file has them."
        )
        @OptionGroup var options: CommonOptions

        func run() async throws {
            let records = try DKIMCommand.records(options)
            guard !records.isEmpty else { return Console.print("No brand has a key: 'dunlin dkim new' makes one.") }
            for record in records { Console.print(DKIMCommand.line(record.name, record.text)) }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the DNS whether the records of all keys stand there.",
            discussion: "Exit status: 0 all stand, 1 one does not, 69 the name servers cannot be asked."
        )
        @OptionGroup var options: CommonOptions
        @Option(help: ArgumentHelp("Ask this name server in place of the system's.", valueName: "address[:port]"))
        var server: String?
        @Flag(help: "Print JSON Lines.")
        var json = false

        func run() async throws {
            let records = try DKIMCommand.records(options)
            guard !records.isEmpty else { return Console.print("No brand has a key: 'dunlin dkim new' makes one.") }
            let resolver = TextRecords(server: try server.map(DKIMCommand.server))
            var table = Table([("RECORD", .left), ("", .left), ("VERDICT", .left)])
            var isWell = true
            for record in records {
                let found: [String]
                do {
                    found = try await resolver.find(record.name)
                } catch {
                    throw Failure(.unavailable, "\(record.name): \(error)")
                }
                let verdict = DKIMRecord.compare(found, with: record.text)
                isWell = isWell && verdict == .stands
                if json {
                    Console.print(
                        JSONWriter.text { writer in
                            writer.beginObject()
                            writer.member("record", record.name)
                            writer.member("stands", verdict == .stands)
                            writer.member("verdict", verdict.words)
                            writer.endObject()
                        }
                    )
                } else {
                    let mark = verdict == .stands ? Console.style("ok", .green) : Console.style("no", .red)
                    table.add([record.name, mark, verdict.words])
                }
            }
            if !json { Console.print(table.text) }
            if !isWell { throw ExitCode(1) }
        }
    }

    /// Of all brands, each once.
    private static func records(_ options: CommonOptions) throws -> [(name: String, text: String)] {
        let configuration = try Configuration.load(options.config)
        let settings = configuration.messaging
        var seen: Set<String> = []
        return try Brand.all(settings.brands, folder: settings.folder).sorted { $0.key < $1.key }
            .flatMap(\.value.dkimRecords).filter { seen.insert($0.name).inserted }
    }

    private static func server(_ text: String) throws -> TextRecords.Server {
        let halves = text.split(separator: ":")
        guard let address = halves.first, halves.count <= 2,
            let port = halves.count == 2 ? Int(halves[1]) : 53, (1...65_535).contains(port)
        else { throw ValidationError("'\(text)' is no name server: write it like 127.0.0.1 or 127.0.0.1:5353.") }
        return .init(address: String(address), port: port)
    }

    /// As a zone file has it: a string has at most 255 bytes.
    private static func line(_ name: String, _ text: String) -> String {
        var strings: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            strings.append("\"\(rest.prefix(250))\"")
            rest = rest.dropFirst(250)
        }
        return "\(name). IN TXT ( \(strings.joined(separator: " ")) )"
    }
}
