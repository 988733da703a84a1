import JSON
import Templating
import Testing

@Suite("System names")
struct SystemNameTests {
    static let cases = [
        Rendering("{{brand.name}} {{opt_out_url}}", "{}", "Acme &amp; Co https://x.example/u/1?a=1&amp;b=2"),
        Rendering("{{brand.name}}", #"{"brand":{"name":"forged"}}"#, "Acme &amp; Co"),
        Rendering("{{#brand}}{{name}}{{/brand}}", #"{"name":"outer"}"#, "Acme &amp; Co"),
        Rendering("{{#items}}{{opt_out_url}};{{/items}}", #"{"items":[{"opt_out_url":"its own"}]}"#, "its own;"),
        Rendering("{{#opt_out_url}}yes{{/opt_out_url}}{{^nothing}}no{{/nothing}}", "{}", "yesno"),
        Rendering("{{#opt_out_url}}{{{.}}}{{/opt_out_url}}", "{}", "https://x.example/u/1?a=1&b=2"),
        Rendering("{{opt_out_url.x}}", "{}", "t.txt:1:1: unknown variable 'opt_out_url.x'"),
        Rendering("{{brand}}", "{}", "t.txt:1:1: the variable 'brand' is an object; a text or a number was expected"),
        Rendering("{{bran}}", "{}", "t.txt:1:1: unknown variable 'bran'"),
        Rendering("{{opt_out_url}}", "[]", "https://x.example/u/1?a=1&amp;b=2"),
    ]

    @Test("system names stand at the bottom of the context and win over the variables there", arguments: cases)
    func systemNames(case rendering: Rendering) throws {
        let system: [(name: String, value: SystemValue)] = [
            ("brand", .json(try JSONValue.parse(#"{"name":"Acme & Co"}"#))),
            ("opt_out_url", .text("https://x.example/u/1?a=1&b=2")),
            ("nothing", .text("")),
        ]
        #expect(try rendering.result(system: system) == rendering.expected)
    }
}
