import JSON
import Templating
import TestSupport
import Testing

@Suite("Random templates")
struct TemplateFuzzTests {
    static let fragments = [
        "{{", "}}", "{{{", "}}}", "{{#a}}", "{{/a}}", "{{^b}}", "{{/b}}", "{{#l}}", "{{/l}}", "{{>p}}", "{{>q}}",
        "{{a}}",
        "{{.}}", "{{&b.c}}", "{{=", "=}}", "{{=<% %>=}}", "<%={{ }}=%>", "{{! x }}", "<%", "%>", "\n", "\r\n", " ",
        "  ",
        "text", "é", "#", "/", ".", "\u{0}", "{{/.}}", "{{#.}}", "{{^.}}",
    ]
    static let vars = #"{"a":{"b":"<&>","l":[]},"b":{"c":1.50},"l":[1,"x",[true],{"a":false,"l":[[],[2]]},null]}"#

    @Test("any text compiles and renders, or is an error with a place", arguments: 0..<40)
    func anyText(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let context = TemplateContext(
            vars: try JSONValue.parse(Self.vars),
            system: [("brand", .text("b")), ("a", .json(try JSONValue.parse("[1]")))]
        )
        for _ in 0..<100 {
            let source = text(using: &generator)
            let partials = ["p": text(using: &generator), "q": text(using: &generator)]
            for strictness in [Strictness.strict, .lenient] {
                do {
                    let template = try Template(
                        parsing: Array(source.utf8),
                        file: "t",
                        escaping: .html,
                        partials: PartialSource(partials),
                        strictness: strictness,
                        limits: TemplateLimits(depth: 8, outputBytes: 10_000, steps: 20_000)
                    )
                    _ = template.names
                    let problems = template.check(against: context)
                    let bytes = try template.render(context)
                    #expect(bytes.count <= 10_000)
                    #expect(String(validating: bytes, as: UTF8.self) != nil)
                    #expect(problems.allSatisfy { $0.line >= 1 && $0.column >= 1 })
                } catch let errors as TemplateErrors {
                    #expect(!errors.errors.isEmpty)
                    #expect(errors.errors.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.message.isEmpty })
                } catch let error as TemplateError {
                    #expect(error.line >= 1 && error.column >= 1)
                }
            }
        }
    }

    @Test("what a strict template renders without an error, a lenient one renders the same", arguments: 0..<20)
    func strictAndLenientAgree(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 500)
        let names = ["a", "b", "l", "t"]
        let vars = #"{"a":"x","b":true,"l":[{"a":1},{"b":false}],"t":[]}"#
        for _ in 0..<100 {
            let source = wellFormed(depth: 3, names: names, using: &generator)
            let rendering = Rendering(source, vars, "")
            let strict = try rendering.result()
            if !strict.hasPrefix("t.txt:") { #expect(try rendering.result(strictness: .lenient) == strict) }
        }
    }

    private func text(using generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0..<25, using: &generator))
            .map { _ in Self.fragments.randomElement(using: &generator) ?? "" }
            .joined()
    }

    private func wellFormed(depth: Int, names: [String], using generator: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<5, using: &generator) {
            let name = names.randomElement(using: &generator) ?? "a"
            switch Int.random(in: 0..<(depth > 0 ? 5 : 3), using: &generator) {
            case 0: text += "line\n"
            case 1: text += " {{\(name)}}"
            case 2: text += "{{! c }}\n"
            case 3: text += "{{#\(name)}}\(wellFormed(depth: depth - 1, names: names, using: &generator)){{/\(name)}}\n"
            default:
                text += "{{^\(name)}}\n\(wellFormed(depth: depth - 1, names: names, using: &generator)){{/\(name)}}"
            }
        }
        return text
    }
}
