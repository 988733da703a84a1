import Testing

@testable import Messaging

@Suite("A folder of templates")
struct TemplateLibraryTests {
    private static let good = [
        "hello/template.yaml": "sample: {name: Ada}",
        "hello/friendly.en.subject.txt": "Hello {{name}}",
        "hello/friendly.en.email.txt": "Hi {{name}}\n",
    ]

    private static let partNames =
        "a part is called <tone>.<locale>.<part>, with a part of call.txt, email.html, email.txt, letter.html, "
        + "letter.txt, linkedin.txt, sms.txt, subject.txt, webhook.txt"

    private func problems(_ more: [String: String]) throws -> [String] {
        try TemplateFolder(Self.good.merging(more) { $1 }).templates.problems
    }

    @Test("a good folder has no problems, and hidden files and partials are no templates")
    func good() throws {
        #expect(
            try problems([".git/config": "x", "README.md": "x", "_partials/hi.txt": "{{", "hello/.x.swp": "x"]) == []
        )
    }

    @Test(
        "each problem is told with its place",
        arguments: [
            (
                ["hello/template.yaml": "categry: x"],
                ["hello/template.yaml:1: unknown key 'categry'; known: category, description, optional, sample"]
            ),
            (
                ["hello/template.yaml": "category: news"],
                ["hello/template.yaml: category: it is transactional or commercial, not 'news'"]
            ),
            (
                ["hello/template.yaml": "sample: [1]"],
                ["hello/template.yaml: sample: a mapping of variables is expected"]
            ),
            (
                ["hello/template.yaml": "just words"],
                ["hello/template.yaml: category, description and sample are expected"]
            ),
            (["bare/friendly.en.email.txt": "x"], ["bare/template.yaml: it is missing, or no UTF-8 text"]),
            (
                ["hello/notes.txt": "x"],
                ["hello/notes.txt: \(partNames)"]
            ),
            (
                ["hello/friendly.en.email.md": "x"],
                ["hello/friendly.en.email.md: \(partNames)"]
            ),
            (
                ["hello/formal.en.email.html": "x"],
                ["hello/formal.en.subject.txt: it is missing", "hello/formal.en.email.txt: it is missing"]
            ),
            (
                ["hello/friendly.en.sms.txt": "{{#a}}\n{{>b}}"],
                [
                    "hello/friendly.en.sms.txt:1:1: the section 'a' is not closed",
                    "hello/friendly.en.sms.txt:2:1: unknown partial 'b'",
                ]
            ),
            (
                ["hello/friendly.en.sms.txt": "{{>p}}", "_partials/p.txt": "\n{{/x}}"],
                ["_partials/p.txt:2:1: 'x' is closed here, but no such section is open"]
            ),
            (
                ["hello/friendly.en.sms.txt": "{{> ../secret}}"],
                ["hello/friendly.en.sms.txt:1:1: unknown partial '../secret'"]
            ),
        ] as [([String: String], [String])]
    )
    func broken(files: [String: String], expected: [String]) throws {
        #expect(try problems(files).sorted() == expected.sorted())
    }

    @Test("a folder that is not there is a problem of its own")
    func missing() {
        #expect(
            TemplateLibrary(folder: "/nowhere").problems == ["/nowhere: there is no such folder, or it cannot be read"]
        )
    }

    @Test("what is broken is left out, and the rest works")
    func rest() throws {
        let folder = try TemplateFolder(Self.good.merging(["broken/template.yaml": "x: 1"]) { $1 })
        #expect(folder.templates.sets.keys.sorted() == ["hello"])
    }

    @Test("all problems of all templates are listed at once")
    func all() throws {
        let found = try problems([
            "broken/template.yaml": "x: 1", "hello/friendly.en.sms.txt": "{{a", "hello/friendly.en.email.html": "{{b",
        ])
        #expect(found.count == 3)
    }

    @Test("the check finds what only some message would trip over, in branches that the sample does not take")
    func check() throws {
        let folder = try TemplateFolder(
            Self.good.merging(["hello/friendly.en.sms.txt": "{{^name}}{{nam}}{{/name}}"]) { $1 }
        )
        let brand = try #require(try folder.composer().brands["acme"])
        #expect(folder.templates.problems == [])
        #expect(folder.templates.check(brand: brand) == ["hello/friendly.en.sms.txt:1:10: unknown variable 'nam'"])
    }

    @Test("the line end of a subject's and a text message's file is no part of it, and a body keeps its own")
    func lineEnds() throws {
        let folder = try TemplateFolder(Self.good.merging(["hello/friendly.en.subject.txt": "Hello\r\n\n"]) { $1 })
        let parts = try folder.composer().preview(template: "hello", tone: nil, locale: nil, brand: "acme")
        #expect(
            parts.map { "\($0.name)=\($0.text)" } == [
                "subject.txt=Hello", "email.txt=Hi Ada\n",
            ]
        )
    }
}
