import Foundation
import Glibc
import TestSupport
import Testing

@Suite("dunlin enqueue")
struct EnqueueTests {
    static let content = #""content":{"subject":"s","text":"t"}"#

    /// A line, and what is said of it; `nil` for one that is accepted.
    static let lines: [(line: String, complaint: String?)] = [
        (#"{"channel":"email""#, "no valid JSON: line 1, column 19: a ',' or '}' was expected, but the text ends here"),
        (#"{"channel":"email","to":"a@b.example",\#(content)}"#, nil),
        ("[]", #"a message is a JSON object: {"channel": ..., "to": ...}"#),
        (
            #"{"channel":"fax","to":"x"}"#,
            "channel: 'fax' is no channel; known: email, sms, linkedin, webhook, call, letter"
        ),
        (#"{"channel":"email",\#(content)}"#, "to: the recipient's address is missing"),
        (
            #"{"channel":"email","to":"nobody",\#(content)}"#,
            #"to: The address has no "@": write it like ada@example.com."#
        ),
        (
            #"{"channel":"email","to":"a\u0000@b.example",\#(content)}"#,
            "to: The address contains the control character U+0000: remove it."
        ),
        (
            #"{"channel":"email","to":"a@b.example","template":"nothing"}"#,
            "template: there is no template 'nothing'; known: invoice-due-today, invoice-final-notice, "
                + "invoice-handover, invoice-issued, invoice-overdue-first, invoice-overdue-second, invoice-upcoming, "
                + "payment-thanks"
        ),
        (
            #"{"channel":"email","to":"a@b.example","template":"payment-thanks"}"#,
            "vars: payment-thanks/friendly.en.subject.txt:1:27: unknown variable 'payment.amount'"
        ),
        (
            #"{"channel":"email","to":"a@b.example"}"#,
            "template: a message needs a template, or content {subject, text, html}"
        ),
        (
            #"{"channel":"email","to":"a@b.example","content":{"subject":"s\nBcc: x@y.example","text":"t"}}"#,
            "content: The subject contains U+000A, a line break or control character: remove it."
        ),
        (
            #"{"channel":"email","to":"a@b.example","content":{"subject":"s","text":1}}"#,
            "content.text: it must be a string"
        ),
        (
            #"{"channel":"email","to":"a@b.example","prority":1,\#(content)}"#,
            "prority: there is no such field; known: attachments, brand, category, channel, channels, content, conversation, "
                + "customer, due, expires, key, locale, metadata, policy, priority, template, time_zone, to, tone, vars, within"
        ),
        (
            #"{"channel":"email","to":"a@b.example","priority":"high",\#(content)}"#,
            "priority: it must be a whole number from 0 (most urgent) to 9"
        ),
        (
            #"{"channel":"email","to":"a@b.example","due":"tomorrow",\#(content)}"#,
            "due: it is no time: write it like 2026-11-30T09:00:00Z"
        ),
        (
            #"{"channel":"email","to":"a@b.example","due":"2030-02-01T00:00:00Z","expires":"2030-01-01T00:00:00Z","#
                + #"\#(content)}"#, "expires: it lies before 'due': the message could never be sent"
        ),
        (
            #"{"channel":"email","to":"a@b.example","time_zone":"Mars/Olympus",\#(content)}"#,
            "time_zone: 'Mars/Olympus' is no time zone: write a name such as America/New_York"
        ),
        (
            #"{"channel":"email","to":"a@b.example","brand":"other",\#(content)}"#,
            "brand: there is no brand 'other'; known: acme"
        ),
        (
            #"{"channel":"email","to":"a@b.example","attachments":[{"filename":"x","content_type":"text/plain","#
                + #""base64":"%%"}],\#(content)}"#, "attachments[0].base64: it is missing, or not base64"
        ),
        (
            #"{"channel":"sms","to":"+15550100","content":{"text":"t"}}"#,
            "channel: sms has no transport: configure channels.sms.transports"
        ),
        (#"{"key":"k","channel":"email","to":"a@b.example",\#(content)}"#, nil),
        (
            #"{"key":"k","channel":"email","to":"a@b.example","content":{"subject":"s","text":"other"}}"#,
            "key: 'k' belongs to message 2, which says something else: use another key"
        ),
        (#"{ "key": "k", "to": "a@b.example", "channel": "email", \#(content) }"#, nil),
        (
            #"{"key":"","channel":"email","to":"a@b.example",\#(content)}"#,
            "key: it is empty: leave it out, or give the message a name of its own"
        ),
    ]

    @Test("a bad line is told of with its number and reason, and the good ones stay")
    func badLines() async throws {
        let site = try Site(sendingTo: "smtp://127.0.0.1:1")
        let input = Self.lines.map(\.line).joined(separator: "\n")
        let outcome = try await site.dunlin("enqueue", input: input)
        #expect(outcome.code == 65)
        let complaints = Self.lines.enumerated().compactMap { index, line in
            line.complaint.map { "line \(index + 1): \($0)" }
        }
        #expect(outcome.errors.split(separator: "\n").map(String.init) == complaints)
        #expect(outcome.output == "2 accepted, 1 there already, 1 in conflict, 20 rejected\n")
        #expect(try await site.status().count("waiting") == 2)

        let again = try await site.dunlin("enqueue", "-", "--json", input: input)
        #expect(again.code == 65)
        #expect(again.output == #"{"accepted":1,"duplicate":2,"conflict":1,"rejected":20}"# + "\n")
    }

    @Test("bytes that are no UTF-8, a byte order mark, CR LF and empty lines")
    func bytes() async throws {
        let site = try Site(Site.brands)
        let line = #"{"channel":"email","to":"a@b.example",\#(Self.content)}"#
        var data = Data([0xef, 0xbb, 0xbf]) + Data("\(line)\r\n\r\n   \n".utf8)
        data += Data(#"{"channel":"email","to":""#.utf8) + Data([0xff]) + Data("\"}\n\(line)".utf8)
        try data.write(to: URL(fileURLWithPath: site.folder.path("mails")))
        let outcome = try await site.dunlin("enqueue", "mails")
        #expect(outcome.code == 65)
        #expect(outcome.output == "2 accepted, 1 rejected\n")
        #expect(outcome.errors == "line 4: no valid JSON: line 1, column 26: the byte 0xFF is not valid UTF-8 here\n")
    }

    @Test("a file that is not there, or is a folder", arguments: ["nothing", "."])
    func noFile(name: String) async throws {
        let outcome = try await Site(nil).dunlin("enqueue", name)
        #expect(outcome.code == 66)
        #expect(outcome.output == "")
        #expect(outcome.errors == "dunlin: \(name) cannot be read: there is no such file, or no right to read it\n")
    }

    @Test("a file without the right to read it")
    func noRight() async throws {
        let site = try Site(nil)
        chmod(try site.folder.write("", to: "secret"), 0)
        let capabilities = "-dac_override,-dac_read_search"
        let asAnyone =
            getuid() == 0 ? ["setpriv", "--bounding-set=\(capabilities)", "--inh-caps=\(capabilities)"] : []
        let command = asAnyone + [Installed.dunlin, "enqueue", "secret"]
        let outcome = try await Child(
            command[0],
            Array(command.dropFirst()),
            in: site.folder,
            environment: Child.environment.merging(["DUNLIN_TEMPLATES": Installed.templates]) { $1 }
        ).end()
        #expect(outcome.code == 66)
        #expect(outcome.errors == "dunlin: secret cannot be read: there is no such file, or no right to read it\n")
    }
}
