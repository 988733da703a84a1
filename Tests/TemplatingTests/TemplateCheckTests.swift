import JSON
import Templating
import Testing

@Suite("Checking a template against a sample")
struct TemplateCheckTests {
    static let cases = [
        Rendering("{{a}} {{#b}}{{c}}{{/b}}", #"{"a":1,"b":[{"c":2}]}"#, ""),
        Rendering(
            "{{x}}\n{{y}} {{a}}{{#z}}{{/z}}",
            #"{"a":{}}"#,
            """
            t.txt:1:1: unknown variable 'x'
            t.txt:2:1: unknown variable 'y'
            t.txt:2:7: the variable 'a' is an object; a text or a number was expected
            t.txt:2:12: unknown section 'z'
            """
        ),
        Rendering(
            "{{#a}}{{x}}{{/a}}",
            #"{"a":false}"#,
            "t.txt:1:7: unknown variable 'x' (the sample has nothing in 'a')"
        ),
        Rendering("{{#a}}{{x}}{{/a}}", #"{"a":false,"x":1}"#, ""),
        Rendering(
            "{{#a}}{{b}}{{/a}}",
            #"{"a":[]}"#,
            "t.txt:1:7: unknown variable 'b' (the sample has nothing in 'a')"
        ),
        Rendering("{{^a}}{{x}}{{/a}}", #"{"a":true}"#, "t.txt:1:7: unknown variable 'x'"),
        Rendering("{{#a}}{{b}}{{/a}}", #"{"a":[{"b":1},{"c":1},{}]}"#, "t.txt:1:7: unknown variable 'b'"),
        Rendering("{{may}}{{#may}}{{x}}{{/may}}", #"{"x":1}"#, ""),
        Rendering("{{may.be}}{{may}}", #"{"may":null}"#, ""),
        Rendering("{{>n}}", #"{"v":1,"c":[]}"#, "", partials: ["n": "{{v}}{{#c}}{{>n}}{{/c}}"]),
        Rendering("{{>n}}", #"{"v":1,"c":[{"v":2,"c":[]}]}"#, "", partials: ["n": "{{v}}{{#c}}{{>n}}{{/c}}"]),
        Rendering(
            "{{#a}}{{>p}}{{/a}}{{^a}}\n  {{>p}}\n{{/a}}",
            #"{"a":true}"#,
            "p:1:1: unknown variable 'x'",
            partials: ["p": "{{x}}"]
        ),
        Rendering(
            "{{>p}}",
            "{}",
            "p:1:1: sections and partials are nested deeper than 64 levels",
            partials: ["p": "{{>p}}"]
        ),
    ]

    @Test("every branch is visited and everything is listed once", arguments: cases)
    func check(case rendering: Rendering) throws {
        let template = try Template(
            parsing: Array(rendering.template.utf8),
            file: "t.txt",
            escaping: .none,
            partials: PartialSource(rendering.partials),
            optional: ["may"]
        )
        let problems = template.check(against: TemplateContext(vars: try JSONValue.parse(rendering.vars)))
        #expect(problems.map(\.description).joined(separator: "\n") == rendering.expected)
    }

    @Test("the names at the bottom are known")
    func names() throws {
        let template = try Template(
            parsing: Array("{{b}}{{a.x}}{{#s}}{{inner}}{{>p}}{{/s}}{{^i}}{{c}}{{/i}}{{>p}}\n {{>p}}\n".utf8),
            file: "t",
            escaping: .none,
            partials: PartialSource(["p": "{{d}}{{>p}}"])
        )
        #expect(template.names == ["a.x", "b", "c", "d", "i", "s"])
    }
}
