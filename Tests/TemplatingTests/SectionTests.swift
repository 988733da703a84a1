import Templating
import Testing

@Suite("Sections")
struct SectionTests {
    static let cases = [
        Rendering("[{{#a}}yes{{/a}}]", #"{"a":true}"#, "[yes]"),
        Rendering("[{{#a}}yes{{/a}}]", #"{"a":false}"#, "[]"),
        Rendering("[{{#a}}yes{{/a}}]", #"{"a":null}"#, "[]"),
        Rendering("[{{#a}}yes{{/a}}]", #"{"a":[]}"#, "[]"),
        Rendering("[{{#a}}yes{{/a}}]", #"{"a":""}"#, "[]"),
        Rendering("[{{#a}}yes{{/a}}]", #"{"a":{}}"#, "[yes]"),
        Rendering("[{{#a}}yes{{/a}}]", #"{"a":0}"#, "[yes]"),
        Rendering("[{{#a}}{{.}} is {{a}}{{/a}}]", #"{"a":"text"}"#, "[text is text]"),
        Rendering("{{#a}}{{b}}{{c}}{{/a}}", #"{"a":{"b":1},"b":2,"c":3}"#, "13"),
        Rendering("{{#a}}<{{b}}>{{/a}}", #"{"a":[{"b":1},{"b":2},{"b":3}]}"#, "<1><2><3>"),
        Rendering("{{#a}}<{{.}}>{{/a}}", #"{"a":["x",1.50,true]}"#, "<x><1.50><true>"),
        Rendering("{{#a}}{{.}}{{/a}}|{{#a}}{{{.}}}{{&.}}{{/a}}", #"{"a":["&"]}"#, "&amp;|&&"),
        Rendering("{{#a}}({{#.}}{{.}}{{/.}}){{/a}}", #"{"a":[[1,2],[],["x"]]}"#, "(12)()(x)"),
        Rendering("{{#.}}{{a}};{{/.}}", #"[{"a":1},{"a":2}]"#, "1;2;"),
        Rendering("{{#a.b}}{{c}}{{/a.b}}", #"{"a":{"b":{"c":"x"}}}"#, "x"),
        Rendering("{{#a}}{{#b}}{{x}}{{y}}{{z}}{{/b}}{{/a}}", #"{"z":3,"a":{"y":2,"b":{"x":1}}}"#, "123"),
        Rendering("{{#a}}1{{#a}}2{{/a}}3{{/a}}", #"{"a":true}"#, "123"),
        Rendering(
            "{{#a}}{{#b}}{{n}}{{m}} {{/b}}{{/a}}",
            #"{"a":[{"n":1,"b":[{"m":1},{"m":2}]},{"n":2,"b":[]}]}"#,
            "11 12 "
        ),
        Rendering("{{# a }}x{{/ a }}{{ # a }}y{{ / a }}", #"{"a":true}"#, "xy"),
        Rendering(" {{#a}}x{{/a}} \n", #"{"a":true}"#, " x \n"),
        Rendering("a\n{{#a}}\nb\n{{/a}}\nc\n", #"{"a":true}"#, "a\nb\nc\n"),
        Rendering("a\n \t{{#a}} \t\nb\n \t{{/a}}\t\nc", #"{"a":true}"#, "a\nb\nc"),
        Rendering("a\r\n{{#a}}\r\nb\r\n{{/a}}\r\nc", #"{"a":true}"#, "a\r\nb\r\nc"),
        Rendering("  {{#a}}\nb{{/a}}\nc", #"{"a":true}"#, "b\nc"),
        Rendering("a{{#a}}\nb\n  {{/a}}", #"{"a":true}"#, "a\nb\n"),
        Rendering("{{#a}}{{/a}}\nx", #"{"a":true}"#, "\nx"),
        Rendering("\n\n{{#a}}\n\n\n{{/a}}\n\n", #"{"a":true}"#, "\n\n\n\n\n"),
        Rendering("a \r{{#a}}\nb{{/a}}", #"{"a":true}"#, "a \r\nb"),
    ]

    @Test("a section stands once for each item, or for a value that is truthy", arguments: cases)
    func sections(case rendering: Rendering) throws {
        #expect(try rendering.result() == rendering.expected)
    }

    static let inverted = [
        Rendering("[{{^a}}no{{/a}}]", #"{"a":false}"#, "[no]"),
        Rendering("[{{^a}}no{{/a}}]", #"{"a":null}"#, "[no]"),
        Rendering("[{{^a}}no{{/a}}]", #"{"a":[]}"#, "[no]"),
        Rendering("[{{^a}}no{{/a}}]", #"{"a":""}"#, "[no]"),
        Rendering("[{{^a}}no{{/a}}]", #"{"a":true}"#, "[]"),
        Rendering("[{{^a}}no{{/a}}]", #"{"a":{}}"#, "[]"),
        Rendering("[{{^a}}no{{/a}}]", #"{"a":[0]}"#, "[]"),
        Rendering("[{{^a.b}}no{{/a.b}}]", #"{"a":{"b":false}}"#, "[no]"),
        Rendering("{{^a}}1{{^a}}2{{/a}}3{{/a}}", #"{"a":false}"#, "123"),
        Rendering("{{^a}}{{b}}{{/a}}", #"{"a":false,"b":"outer"}"#, "outer"),
        Rendering("a\n  {{^a}}\r\nb\n  {{/a}}\nc", #"{"a":false}"#, "a\nb\nc"),
        Rendering("{{#a}}{{^b}}x{{/b}}{{.}}{{/a}}", #"{"a":[1,2],"b":false}"#, "x1x2"),
        Rendering("{{^ a }}x{{/ a }}", #"{"a":false}"#, "x"),
    ]

    @Test("an inverted section stands where a section would have nothing", arguments: inverted)
    func invertedSections(case rendering: Rendering) throws {
        #expect(try rendering.result() == rendering.expected)
    }

    @Test(
        "a lenient template takes a name that is not there for false",
        arguments: ["{}", #"{"a":{}}"#, #"{"a":null}"#]
    )
    func lenient(vars: String) throws {
        let rendering = Rendering("[{{#a.b.c}}yes{{/a.b.c}}{{^a.b.c}}no{{/a.b.c}}]", vars, "")
        #expect(try rendering.result(strictness: .lenient) == "[no]")
    }
}
