import JSON
import Templating
import Testing

@Suite("What is wrong with a template")
struct TemplateErrorTests {
    static let compiling = [
        Rendering("a\n é {{b", "{}", "t.txt:2:4: the tag is not closed: '}}' was expected"),
        Rendering("{{#a}}{{! x", "{}", "t.txt:1:7: the tag is not closed: '}}' was expected"),
        Rendering("{{=| |=}}|x", "{}", "t.txt:1:10: the tag is not closed: '|' was expected"),
        Rendering("{{=| |}}", "{}", "t.txt:1:1: the tag is not closed: '=}}' was expected"),
        Rendering("{{=|=}}", "{}", "t.txt:1:1: two delimiters without '=' were expected, as in '{{=<% %>=}}'"),
        Rendering("{{== ==}}", "{}", "t.txt:1:1: two delimiters without '=' were expected, as in '{{=<% %>=}}'"),
        Rendering("{{=a b c=}}", "{}", "t.txt:1:1: two delimiters without '=' were expected, as in '{{=<% %>=}}'"),
        Rendering("{{}}", "{}", "t.txt:1:1: the tag is empty: a name was expected"),
        Rendering("x{{#  }}", "{}", "t.txt:1:2: the tag is empty: a name was expected"),
        Rendering("{{a b}}", "{}", "t.txt:1:1: the name 'a b' must not contain blanks"),
        Rendering("{{a\nb}}", "{}", "t.txt:1:1: the name 'a' must not contain blanks"),
        Rendering("{{a..b}}", "{}", "t.txt:1:1: the name 'a..b' has an empty part"),
        Rendering("{{.a}}", "{}", "t.txt:1:1: the name '.a' has an empty part"),
        Rendering("{{<a}}", "{}", "t.txt:1:1: '{{<' (template inheritance) is not supported"),
        Rendering("{{$a}}", "{}", "t.txt:1:1: '{{$' (template inheritance) is not supported"),
        Rendering("{{>*a}}", "{}", "t.txt:1:1: '{{>*' (a partial named by a variable) is not supported"),
        Rendering("\n{{#a}}", #"{"a":1}"#, "t.txt:2:1: the section 'a' is not closed"),
        Rendering("{{^a}}", #"{"a":1}"#, "t.txt:1:1: the section 'a' is not closed"),
        Rendering("x {{/a}}", "{}", "t.txt:1:3: 'a' is closed here, but no such section is open"),
        Rendering(
            "{{#a}}{{#b}}\n{{/a}}{{/b}}",
            "{}",
            """
            t.txt:1:7: the section 'b' is not closed before 'a' is, in line 2
            t.txt:2:7: 'b' is closed here, but no such section is open
            """
        ),
        Rendering("{{>p}}{{ > p}}", "{}", "t.txt:1:1: unknown partial 'p'\nt.txt:1:7: unknown partial 'p'"),
        Rendering(
            "{{}}\n{{>p}}\n {{>p}}\n{{#x}}",
            "{}",
            """
            t.txt:1:1: the tag is empty: a name was expected
            t.txt:4:1: the section 'x' is not closed
            p:1:1: unknown partial 'q'
            p:1:7: 'y' is closed here, but no such section is open
            """,
            partials: ["p": "{{>q}}{{/y}}"]
        ),
    ]

    @Test("all that does not compile is listed with its place", arguments: compiling)
    func compile(case rendering: Rendering) throws {
        #expect(try rendering.result() == rendering.expected)
    }

    @Test("a source that is not UTF-8 is refused")
    func notUTF8() {
        #expect(
            throws: TemplateErrors([
                TemplateError(file: "t", line: 2, column: 2, message: "the text is not valid UTF-8 here")
            ])
        ) {
            try Template(parsing: Array("é\né".utf8) + [0xC3], file: "t", escaping: .none)
        }
    }

    static let rendering = [
        Rendering("x\n {{invoice.numbr}}", #"{"invoice":{"number":1}}"#, "t.txt:2:2: unknown variable 'invoice.numbr'"),
        Rendering("{{a}}", #"{"A":1}"#, "t.txt:1:1: unknown variable 'a'"),
        Rendering("{{a.b.c}}", #"{"a":{"b":"text"}}"#, "t.txt:1:1: unknown variable 'a.b.c'"),
        Rendering("{{a.b}}", #"{"a":[{"b":1}]}"#, "t.txt:1:1: unknown variable 'a.b'"),
        Rendering("{{#a}}x{{/a}}", "{}", "t.txt:1:1: unknown section 'a'"),
        Rendering("{{^a.b}}x{{/a.b}}", #"{"a":{}}"#, "t.txt:1:1: unknown section 'a.b'"),
        Rendering("{{{a}}}", #"{"a":null}"#, "t.txt:1:1: the variable 'a' is null; a text or a number was expected"),
        Rendering("{{&a}}", #"{"a":{}}"#, "t.txt:1:1: the variable 'a' is an object; a text or a number was expected"),
        Rendering("{{a}}", #"{"a":[1]}"#, "t.txt:1:1: the variable 'a' is a list; a text or a number was expected"),
        Rendering("{{.}}", "{}", "t.txt:1:1: the variable '.' is an object; a text or a number was expected"),
        Rendering("{{#a}}\n{{b}}{{/a}}", #"{"a":[{"b":1},{}]}"#, "t.txt:2:1: unknown variable 'b'"),
    ]

    @Test("a strict template says what it lacks", arguments: rendering)
    func render(case rendering: Rendering) throws {
        #expect(try rendering.result() == rendering.expected)
    }

    static let optional = [
        Rendering("[{{a}}{{#a}}x{{/a}}{{^a}}y{{/a}}]", "{}", "[y]"),
        Rendering("[{{a}}{{#a}}x{{/a}}{{^a}}y{{/a}}]", #"{"a":null}"#, "[y]"),
        Rendering("[{{a}}]", #"{"a":1}"#, "[1]"),
        Rendering("[{{a.b}}{{#a.b.c}}x{{/a.b.c}}]", "{}", "[]"),
        Rendering("[{{a.b}}]", #"{"a":null}"#, "[]"),
        Rendering("[{{a.b}}]", #"{"a":{}}"#, "t.txt:1:2: unknown variable 'a.b'"),
        Rendering("[{{b.c}}{{b.c.d}}]", #"{"b":{}}"#, "[]"),
        Rendering("[{{b.c}}]", "{}", "[]"),
        Rendering("[{{b.c}}]", #"{"b":{"c":null}}"#, "[]"),
        Rendering("[{{b}}]", "{}", "t.txt:1:2: unknown variable 'b'"),
        Rendering("[{{b.c.d}}]", #"{"b":{"c":{}}}"#, "t.txt:1:2: unknown variable 'b.c.d'"),
        Rendering("[{{b.d}}]", #"{"b":{}}"#, "t.txt:1:2: unknown variable 'b.d'"),
    ]

    @Test("an optional name may be absent or null", arguments: optional)
    func optionalNames(case rendering: Rendering) throws {
        #expect(try rendering.result(optional: ["a", "b.c"]) == rendering.expected)
    }

    @Test("what was in the buffer stays when a rendering fails")
    func failureLeavesBuffer() throws {
        let template = try Template(parsing: Array("text {{a}}".utf8), file: "t", escaping: .none)
        var bytes = Array("before ".utf8)
        #expect(throws: TemplateError.self) {
            try template.render(TemplateContext(vars: try JSONValue.parse("{}")), into: &bytes)
        }
        #expect(bytes == Array("before ".utf8))
        try template.render(TemplateContext(vars: try JSONValue.parse(#"{"a":1}"#)), into: &bytes)
        #expect(bytes == Array("before text 1".utf8))
    }
}
