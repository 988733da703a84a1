import Foundation
import JSON
import TestSupport
import Testing

@testable import Messaging

@Suite("Every mail that goes out")
struct ComplianceTests {
    private static let address = "1 Main Street, Springfield, IL 62701, USA"

    private struct Wanted: Encodable {
        let base: String
        let address: String
        let keys: [String: String]
    }

    /// Each shipped template in each tone, and mails with their own words.
    private func lines() throws -> [String] {
        let library = TemplateLibrary(folder: Installed.templates)
        var lines: [String] = []
        for (name, set) in library.sets.sorted(by: { $0.key < $1.key }) {
            for tone in set.variants.keys.sorted() {
                lines.append(
                    JSONWriter.text { writer in
                        writer.beginObject()
                        writer.member("channel", "email")
                        writer.member("to", "Ada Lovelace <ada@example.com>")
                        writer.member("template", name)
                        writer.member("tone", tone)
                        writer.name("vars")
                        writer.value(set.sample)
                        writer.endObject()
                    }
                )
            }
        }
        for content in [
            #"{"subject": "Plain", "text": "Hello."}"#,
            #"{"subject": "Ünïcode ✓", "text": "Grüße\n\n\n", "html": "<p>Grüße</p>"}"#,
            #"{"subject": "Whole", "text": "a\tb  c ", "html": "<!doctype html><html><body><p>x</p></body></html>"}"#,
        ] {
            for category in ["transactional", "commercial"] {
                lines.append(
                    #"{"channel": "email", "to": "ada@example.com", "category": "\#(category)", "content": \#(content)}"#
                )
            }
        }
        return lines
    }

    @Test(
        "names the postal address, a working way to say no, and is signed so that an independent verifier agrees",
        arguments: [["rsa"], ["ed25519"], ["rsa", "ed25519"]]
    )
    func complies(types: [String]) async throws {
        let folder = try TemporaryFolder()
        let keys = types.map { (selector: "s-\($0)", file: folder.path("\($0).pem")) }
        for (key, type) in zip(keys, types) {
            _ = try await Site(nil).run(
                "dkim",
                "new",
                "--selector",
                key.selector,
                "--domain",
                "acme.example",
                "--type",
                type,
                "--out",
                key.file
            )
        }
        let dkim = keys.map { "{selector: \($0.selector), key: \"\($0.file)\"}" }.joined(separator: ", ")
        let site = try Site(
            Site.brands + "    dkim: [\(dkim)]\nhttp: {public_url: \"https://reminders.acme.example\"}\n"
        )
        let lines = try lines()
        #expect(lines.count == 8 * 3 + 6)
        try await site.run("enqueue", input: lines.joined(separator: "\n") + "\n")
        try await site.run("work", "--until-empty")
        let files = try FileManager.default.contentsOfDirectory(atPath: site.folder.path("outbox")).sorted()
            .filter { $0.hasSuffix(".eml") }.map { site.folder.path("outbox/\($0)") }
        #expect(files.count == lines.count)
        var records: [String: String] = [:]
        for line in try await site.run("dkim", "dns").split(separator: "\n") {
            let parts = try #require(line.wholeMatch(of: /(\S+)\. IN TXT \( (.+) \)/))
            records[String(parts.output.1)] = String(parts.output.2).replacing("\" \"", with: "").replacing(
                "\"",
                with: ""
            )
        }
        #expect(records.keys.sorted() == types.map { "s-\($0)._domainkey.acme.example" }.sorted())
        let wanted = Wanted(base: "https://reminders.acme.example/u/", address: Self.address, keys: records)
        let faults: [String] = try await Installed.python(
            "compliance",
            [String(decoding: try JSONEncoder().encode(wanted), as: UTF8.self)] + files
        )
        #expect(faults == [])
    }
}
