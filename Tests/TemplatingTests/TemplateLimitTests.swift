import JSON
import Templating
import Testing

@Suite("Limits of a template")
struct TemplateLimitTests {
    @Test(
        "a partial that calls itself for ever is an error with a place",
        arguments: ["{{>p}}", "x{{>p}}", " {{>p}}\n"]
    )
    func endlessRecursion(source: String) throws {
        let rendering = Rendering("{{>p}}", "{}", "", partials: ["p": source])
        let column = source.firstIndex(of: "{").map { source.distance(from: source.startIndex, to: $0) + 1 } ?? 0
        #expect(try rendering.result() == "p:1:\(column): sections and partials are nested deeper than 64 levels")
    }

    @Test("sections nest as deep as the limit, and no deeper", arguments: [(64, true), (65, false), (5000, false)])
    func depth(count: Int, fits: Bool) throws {
        let template = String(repeating: "{{#a}}", count: count) + "x" + String(repeating: "{{/a}}", count: count)
        let result = try Rendering(template, #"{"a":true}"#, "").result()
        let error = "t.txt:1:\(64 * 6 + 1): sections and partials are nested deeper than 64 levels"
        #expect(result == (fits ? "x" : error))
    }

    @Test("the output is limited", arguments: [(9, true), (10, true), (11, false), (10_000, false)])
    func outputBytes(count: Int, fits: Bool) throws {
        let vars = "{\"a\":[\(Array(repeating: "\"x\"", count: count).joined(separator: ","))]}"
        let limits = TemplateLimits(outputBytes: 10)
        let error = "t.txt:1:7: the text grows longer than 10 bytes"
        let expected = fits ? String(repeating: "x", count: count) : error
        #expect(try Rendering("{{#a}}{{.}}{{/a}}", vars, "").result(limits: limits) == expected)
        #expect(try Rendering("{{#a}}{{{.}}}{{/a}}", vars, "").result(limits: limits) == expected)
        #expect(try Rendering("{{#a}}x{{/a}}", vars, "").result(limits: limits).hasSuffix(expected.suffix(30)))
    }

    @Test("work that shows nothing is limited too")
    func steps() throws {
        let list = "[\(Array(repeating: "0", count: 1000).joined(separator: ","))]"
        let template = "{{#a}}{{#a}}{{#a}}{{^a}}{{/a}}{{/a}}{{/a}}{{/a}}"
        let result = try Rendering(template, "{\"a\":\(list)}", "").result(limits: TemplateLimits(steps: 20_000))
        #expect(result == "t.txt:1:19: the template takes more than 20000 steps")
    }

    @Test("the source and its partials are limited together")
    func sourceBytes() throws {
        let limits = TemplateLimits(sourceBytes: 10)
        #expect(try Rendering("0123456789", "{}", "").result(limits: limits) == "0123456789")
        #expect(
            try Rendering("0123456789a", "{}", "").result(limits: limits)
                == "t.txt:1:1: the template has 11 bytes; at most 10 are allowed"
        )
        #expect(
            try Rendering("12{{>p}}", "{}", "", partials: ["p": "345"]).result(limits: limits)
                == "t.txt:1:3: with the partial 'p' the template has more than 10 bytes"
        )
        #expect(
            try Rendering("{{>p}}", "{}", "", partials: ["p": "{{>p}}"]).result(limits: TemplateLimits(depth: 3)) != ""
        )
    }
}
