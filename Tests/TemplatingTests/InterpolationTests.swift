import Templating
import Testing

@Suite("Interpolation")
struct InterpolationTests {
    static let cases = [
        Rendering("", "{}", ""),
        Rendering("no {tags} } here {", "{}", "no {tags} } here {"),
        Rendering("Dear {{name}}!", #"{"name":"Ada"}"#, "Dear Ada!"),
        Rendering("{{a}}{{b}}", #"{"a":"1","b":"2"}"#, "12"),
        Rendering("{{a}}", #"{"a":"& < > \" ' é"}"#, "&amp; &lt; &gt; &quot; &#39; é"),
        Rendering("{{{a}}}|{{&a}}", #"{"a":"<b>&'"}"#, "<b>&'|<b>&'"),
        Rendering("{{a}}|{{{a}}}|{{&a}}", #"{"a":10.00}"#, "10.00|10.00|10.00"),
        Rendering("{{a}} {{b}}", #"{"a":-1.5e3,"b":true}"#, "-1.5e3 true"),
        Rendering("{{ a }}|{{{ a }}}|{{& a }}|{{\ta\n}}", #"{"a":"x"}"#, "x|x|x|x"),
        Rendering("  {{a}}  \n  {{{a}}}\n {{&a}}\n", #"{"a":"x"}"#, "  x  \n  x\n x\n"),
        Rendering("{{a.b.c}}", #"{"a":{"b":{"c":"deep"}}}"#, "deep"),
        Rendering("{{#a}}{{b.c}}{{/a}}", #"{"a":{"x":1},"b":{"c":"outer"}}"#, "outer"),
        Rendering("{{#a}}{{b}}{{/a}}", #"{"a":{"b":"inner"},"b":"outer"}"#, "inner"),
        Rendering("{{.}}", "\"<text>\"", "&lt;text&gt;"),
        Rendering("{{a}}", #"{"a":"{{b}}"}"#, "{{b}}"),
        Rendering("{{a}}", #"{"a":"line\nbreak"}"#, "line\nbreak"),
        Rendering("{{größe}}", #"{"größe":"XL"}"#, "XL"),
        Rendering("{{a-b_c/d}}", #"{"a-b_c/d":1}"#, "1"),
        Rendering("{{{a}}", #"{"a":1}"#, "t.txt:1:1: the tag is not closed: '}}}' was expected"),
        Rendering("{{a}}}", #"{"a":1}"#, "1}"),
        Rendering("\u{FEFF}{{a}}", #"{"a":1}"#, "1"),
    ]

    @Test("a name is replaced by its value", arguments: cases)
    func interpolates(case rendering: Rendering) throws {
        #expect(try rendering.result() == rendering.expected)
    }

    @Test("a part without markup is not escaped")
    func plainText() throws {
        let rendering = Rendering("{{a}}{{{a}}}", #"{"a":"<&'\">"}"#, "")
        #expect(try rendering.result(escaping: .none) == "<&'\"><&'\">")
    }

    static let misses = [
        Rendering("[{{a}}][{{{a}}}][{{&a}}]", "{}", "[][][]"),
        Rendering("[{{a}}]", #"{"a":null}"#, "[]"),
        Rendering("[{{a.b.c}}]", #"{"a":{}}"#, "[]"),
        Rendering("[{{a.b}}]", #"{"a":"text"}"#, "[]"),
        Rendering("[{{a.b}}]", #"{"a":null}"#, "[]"),
        Rendering("[{{a.b.c}}]", #"{"a":{"b":{}},"c":"wrong"}"#, "[]"),
        Rendering("[{{#a}}{{b.c}}{{/a}}]", #"{"a":{"b":{}},"b":{"c":"wrong"}}"#, "[]"),
        Rendering("[{{a.b}}]", #"{"a.b":"wrong"}"#, "[]"),
        Rendering("[{{a}}{{b}}]", #"{"a":{},"b":[1]}"#, "[]"),
    ]

    @Test("a lenient template shows nothing for what is not there", arguments: misses)
    func lenient(case rendering: Rendering) throws {
        #expect(try rendering.result(strictness: .lenient) == rendering.expected)
    }
}
