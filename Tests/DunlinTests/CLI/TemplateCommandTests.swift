import TestSupport
import Testing

@Suite("dunlin template")
struct TemplateCommandTests {
    private func site() throws -> Site {
        let site = try Site(nil)
        try site.folder.write("Dear {{name}},\n{{missing}}{{> sign}}", to: "letter.txt")
        try site.folder.write("<p>{{name}} {{{name}}}</p>\n", to: "letter.html")
        try site.folder.write("Yours, {{name}}\n", to: "partials/sign.txt")
        try site.folder.write(#"{"name": "Ada & Co"}"#, to: "data.json")
        return site
    }

    @Test("render is strict: what is not there is an error with file, line and column")
    func strict() async throws {
        let site = try site()
        let outcome = try await site.dunlin(
            "template",
            "render",
            "letter.txt",
            "--data",
            "data.json",
            "--partials",
            "partials"
        )
        #expect(outcome.code == 65)
        #expect(outcome.output == "")
        #expect(outcome.errors == "dunlin: letter.txt:2:1: unknown variable 'missing'\n")
        let withoutPartials = try await site.dunlin("template", "render", "letter.txt", "--data", "data.json")
        #expect(withoutPartials.code == 65)
        #expect(withoutPartials.errors == "dunlin: letter.txt:2:12: unknown partial 'sign'\n")
    }

    @Test("render --lenient does as the Mustache specification says")
    func lenient() async throws {
        let site = try site()
        let outcome = try await site.dunlin(
            "template",
            "render",
            "letter.txt",
            "--data",
            "data.json",
            "--partials",
            "partials",
            "--lenient"
        )
        #expect(outcome.code == 0)
        #expect(outcome.output == "Dear Ada &amp; Co,\nYours, Ada &amp; Co\n")
        #expect(outcome.errors == "")
    }

    @Test("render escapes what is HTML, and reads variables from standard input")
    func html() async throws {
        let outcome = try await site().dunlin(
            "template",
            "render",
            "letter.html",
            "--data",
            "-",
            input: #"{"name": "<b>"}"#
        )
        #expect(outcome.code == 0)
        #expect(outcome.output == "<p>&lt;b&gt; <b></p>\n")
    }

    @Test("the shipped templates are without fault, and each can be previewed in each tone")
    func shipped() async throws {
        let site = try Site(nil)
        let check = try await site.dunlin("template", "check")
        #expect(check.code == 0, "\(check.errors)")
        for tone in ["friendly", "neutral", "formal"] {
            let preview = try await site.dunlin("template", "preview", "invoice-overdue-first", "--tone", tone)
            #expect(preview.code == 0, "\(preview.errors)")
            for part in ["subject.txt", "email.txt", "email.html", "sms.txt"] {
                #expect(preview.output.contains("── \(part) ──"))
            }
        }
        let unknown = try await site.dunlin("template", "preview", "nothing")
        #expect(unknown.code == 65)
        #expect(unknown.errors.hasPrefix("dunlin: template: there is no template 'nothing'; known: "))
    }

    @Test("check lists every problem of a folder at once")
    func faults() async throws {
        let site = try Site("templates: Words\n")
        try site.folder.write("", to: "Words/_partials/footer.txt")
        try site.folder.write("sample: {name: Ada}\n", to: "Words/greeting/template.yaml")
        try site.folder.write("Hello {{nam}}\n", to: "Words/greeting/friendly.en.subject.txt")
        try site.folder.write("Hello {{name}}\n{{#open}}\n", to: "Words/greeting/friendly.en.email.txt")
        let check = try await site.dunlin("template", "check")
        #expect(check.code == 65)
        #expect(
            check.errors.contains("greeting/friendly.en.subject.txt:1:7: unknown variable 'nam'"),
            "\(check.errors)"
        )
        #expect(check.errors.contains("greeting/friendly.en.email.txt:2:1: "), "\(check.errors)")
        #expect(check.errors.hasSuffix("problems in Words\n"))
    }
}
