import Templating
import Testing

@Suite("Partials")
struct PartialTests {
    static let cases = [
        Rendering("[{{>p}}]", "{}", "[text]", partials: ["p": "text"]),
        Rendering("[{{> p }}]", "{}", "[text]", partials: ["p": "text"]),
        Rendering("{{>a/b.txt}}", "{}", "x", partials: ["a/b.txt": "x"]),
        Rendering("{{#a}}{{>p}}{{/a}}", #"{"a":[{"b":1},{"b":2}]}"#, "<1><2>", partials: ["p": "<{{b}}>"]),
        Rendering("{{>p}}", #"{"a":"&"}"#, "&amp;", partials: ["p": "{{a}}"]),
        Rendering("{{>p}}{{>p}}", "{}", "xx", partials: ["p": "x"]),
        Rendering("{{>p}}", "{}", "(deep)", partials: ["p": "({{>q}})", "q": "deep"]),
        Rendering(
            "{{>n}}",
            #"{"v":1,"c":[{"v":2,"c":[]},{"v":3,"c":[{"v":4,"c":[]}]}]}"#,
            "1<2<>3<4<>>>",
            partials: ["n": "{{v}}<{{#c}}{{>n}}{{/c}}>"]
        ),
        Rendering("a {{>p}} b", "{}", "a \tx\t b", partials: ["p": "\tx\t"]),
        Rendering("  a {{>p}}\n", "{}", "  a x\ny\n", partials: ["p": "x\ny"]),
        Rendering("a\r\n{{>p}}\r\nb", "{}", "a\r\nxb", partials: ["p": "x"]),
        Rendering("  {{>p}}\nb", "{}", "  x\n  yb", partials: ["p": "x\ny"]),
        Rendering("a\n\t{{>p}}", "{}", "a\n\tx\n\ty\n", partials: ["p": "x\ny\n"]),
        Rendering(" {{>p}}\n", #"{"a":"1\n2"}"#, " 1\n2!\n -\n", partials: ["p": "{{{a}}}!\n-\n"]),
        Rendering(" {{>p}}\n", "{}", " x\n \n y\n", partials: ["p": "x\n\ny\n"]),
        Rendering(" {{>p}}\n", "{}", " x\r\n y\r\n", partials: ["p": "x\r\ny\r\n"]),
        Rendering(" {{>p}}\nz", "{}", " x\n   y\n  z\nz", partials: ["p": "x\n{{>q}}\n", "q": "  y\n z\n"]),
        Rendering(" {{>p}}\n", "{}", " x\n  y\n  z\n", partials: ["p": "x\n {{>q}}\n", "q": "y\nz\n"]),
        Rendering(" {{>p}}\n", "{}", " x y\nz\n", partials: ["p": "x {{>q}}\n", "q": "y\nz"]),
        Rendering(" {{>p}}\n", "{}", " x y\n z\n-\n", partials: ["p": "x {{>q}}-\n", "q": "y\n {{>r}}\n", "r": "z\n"]),
        Rendering(" {{>p}}\n", #"{"a":[1,2]}"#, " 1\n 2\n", partials: ["p": "{{#a}}\n{{.}}\n{{/a}}\n"]),
        Rendering(" {{>p}}\n", #"{"a":[1,2]}"#, " 12\n", partials: ["p": "{{#a}}{{.}}{{/a}}\n"]),
        Rendering(" {{>p}}\n", #"{"a":true}"#, " x\n y\n", partials: ["p": "{{#a}}x\n{{/a}}y\n"]),
        Rendering(" {{>p}}\n", "{}", " x\n", partials: ["p": "{{! c }}x\n{{! gone }}\n"]),
        Rendering(" {{>p}}\n", "{}", "  y\n", partials: ["p": "{{! a\nb }} y\n"]),
        Rendering(
            "{{>n}}",
            #"{"v":1,"c":[{"v":2,"c":[{"v":3,"c":[]}]},{"v":4,"c":[]}]}"#,
            "1\n 2\n  3\n 4\n",
            partials: ["n": "{{v}}\n{{#c}}\n {{>n}}\n{{/c}}\n"]
        ),
        Rendering("{{>p}}\n{{>p}}x\n {{>p}}\n", "{}", "a\nb\na\nb\nx\n a\n b\n", partials: ["p": "a\nb\n"]),
    ]

    @Test("a partial is put in place of its tag, indented where it has its line to itself", arguments: cases)
    func partials(case rendering: Rendering) throws {
        #expect(try rendering.result() == rendering.expected)
    }

    @Test("a lenient template shows nothing for a partial that is not there")
    func lenient() throws {
        #expect(try Rendering("[{{>p}}]\n  {{>p}}\n.", "{}", "").result(strictness: .lenient) == "[]\n.")
    }

    @Test("an error in a partial names the partial's file")
    func places() throws {
        let rendering = Rendering("{{>p}}\n", "{}", "", partials: ["p": "one\n two {{three}}"])
        #expect(try rendering.result() == "p:2:6: unknown variable 'three'")
        #expect(
            try Rendering("  {{>p}}\n", "{}", "", partials: rendering.partials).result()
                == "p:2:6: unknown variable 'three'"
        )
    }
}
