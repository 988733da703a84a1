import JSON
import Templating
import Testing

/// A template, what it is given, and what must come of it.
struct Rendering: Sendable, CustomTestStringConvertible {
    var template: String
    var vars: String
    var expected: String
    var partials: [String: String]

    init(_ template: String, _ vars: String = "{}", _ expected: String, partials: [String: String] = [:]) {
        self.template = template
        self.vars = vars
        self.expected = expected
        self.partials = partials
    }

    var testDescription: String {
        "\(template.debugDescription) with \(vars)"
    }

    /// The text, or the errors, one a line.
    func result(
        escaping: Escaping = .html,
        optional: Set<String> = [],
        strictness: Strictness = .strict,
        limits: TemplateLimits = .standard,
        system: [(name: String, value: SystemValue)] = []
    ) throws -> String {
        do {
            let template = try Template(
                parsing: Array(template.utf8),
                file: "t.txt",
                escaping: escaping,
                partials: PartialSource(partials),
                optional: optional,
                strictness: strictness,
                limits: limits
            )
            let context = TemplateContext(vars: try JSONValue.parse(vars), system: system)
            return String(decoding: try template.render(context), as: UTF8.self)
        } catch let errors as TemplateErrors {
            return errors.description
        } catch let error as TemplateError {
            return error.description
        }
    }
}
