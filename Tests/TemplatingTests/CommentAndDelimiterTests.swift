import Templating
import Testing

@Suite("Comments and delimiters")
struct CommentAndDelimiterTests {
    static let comments = [
        Rendering("a{{! anything at all }}b", "{}", "ab"),
        Rendering("a{{!\nover\nlines\n}}b\n", "{}", "ab\n"),
        Rendering("a {{!x}} b", "{}", "a  b"),
        Rendering("a\n{{! x }}\nb\n", "{}", "a\nb\n"),
        Rendering("a\n  {{!\n  x\n  }}  \nb", "{}", "a\nb"),
        Rendering("a\r\n{{!x}}\r\nb", "{}", "a\r\nb"),
        Rendering("  {{!x}}\nb", "{}", "b"),
        Rendering("a\n  {{!x}}", "{}", "a\n"),
        Rendering("{{!x}}", "{}", ""),
        Rendering("{{!x}} {{!y}}\na", "{}", " \na"),
        Rendering("{{! {{a }}b", "{}", "b"),
        Rendering("{{!}}a{{! # }}", "{}", "a"),
    ]

    @Test("a comment leaves nothing, and takes a line of its own with it", arguments: comments)
    func comment(case rendering: Rendering) throws {
        #expect(try rendering.result() == rendering.expected)
    }

    static let delimiters = [
        Rendering("{{=<% %>=}}<%a%> {{a}}", #"{"a":1}"#, "1 {{a}}"),
        Rendering("{{=[ ]=}}[a]{{a}}", #"{"a":1}"#, "1{{a}}"),
        Rendering("{{= | | =}}|a||a|", #"{"a":1}"#, "11"),
        Rendering("|{{= @   @ =}}|", "{}", "||"),
        Rendering("{{=<% %>=}}<%={{ }}=%>{{a}}", #"{"a":1}"#, "1"),
        Rendering("{{#a}}{{=| |=}}|.||/a||b|", #"{"a":[1,2],"b":3}"#, "123"),
        Rendering("{{=<% %>=}}<%#a%><%&b%><%{b}%><%b%><%/a%><%^a%>x<%/a%><%! no %>", #"{"a":true,"b":"<"}"#, "<<&lt;"),
        Rendering("a\n  {{=| |=}} \nb|a|", #"{"a":1}"#, "a\nb1"),
        Rendering("a\r\n{{=| |=}}\r\nb", "{}", "a\r\nb"),
        Rendering("a {{=| |=}} b", "{}", "a  b"),
        Rendering("a\n{{=| |=}}", "{}", "a\n"),
        Rendering("{{=| |=}}|>p|{{a}}", #"{"a":1}"#, "1{{a}}", partials: ["p": "{{a}}"]),
        Rendering("{{>p}}{{a}}", #"{"a":1}"#, "|1", partials: ["p": "|{{=| |=}}"]),
    ]

    @Test("delimiters change from where they are set to the end of the file", arguments: delimiters)
    func delimiter(case rendering: Rendering) throws {
        #expect(try rendering.result() == rendering.expected)
    }
}
