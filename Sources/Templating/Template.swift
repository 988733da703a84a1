/// A compiled Mustache template: interpolation, sections, inverted sections, comments, partials, and delimiters that
/// change, as the Mustache specification has them. Sections take an empty text for false.
///
/// Strict unless told otherwise: a name that is not there is an error, and so is `null`, an object or a list in an
/// interpolation. A value may be rendered by any number of tasks at once.
public struct Template: Sendable {
    private let program: TemplateProgram

    /// - Parameters:
    ///   - source: UTF-8; a byte order mark at its beginning is left out.
    ///   - file: what errors call the template.
    ///   - escaping: holds for the partials too.
    ///   - optional: dotted names that may be absent or null: they then count as false, and show nothing. What stands
    ///     behind an absent optional name (`discount.amount` behind `discount`) may be absent with it.
    public init(
        parsing source: [UInt8],
        file: String,
        escaping: Escaping,
        partials: PartialSource = .none,
        optional: Set<String> = [],
        strictness: Strictness = .strict,
        limits: TemplateLimits = .standard
    ) throws(TemplateErrors) {
        var compiler = TemplateCompiler(
            escaping: escaping,
            partials: partials,
            optional: optional,
            strictness: strictness,
            limits: limits
        )
        program = try compiler.compile(source, file: file)
    }

    /// Appends the text to `bytes`, which are left as they are where this throws.
    public func render(_ context: TemplateContext, into bytes: inout [UInt8]) throws(TemplateError) {
        let fault = withStack(context) { (view, stack) -> TemplateFault? in
            var renderer = TemplateRenderer(view: view, program: program, stack: stack)
            do throws(TemplateFault) {
                try renderer.render(into: &bytes)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault.error(in: program) }
    }

    /// The text by itself.
    public func render(_ context: TemplateContext) throws(TemplateError) -> [UInt8] {
        var bytes: [UInt8] = []
        try render(context, into: &bytes)
        return bytes
    }

    /// Everything that a strict rendering could trip over, judged by a sample that shows what may be used: every branch
    /// is visited, also those that the sample would skip. What stands in a section for which the sample has nothing is
    /// looked up around it. Empty where all is well.
    public func check(against sample: TemplateContext) -> [TemplateError] {
        withStack(sample) { view, stack in
            var checker = TemplateChecker(program: program, view: view, stack: stack)
            return checker.check()
        }
    }

    /// The dotted names that are looked up from the bottom of the context, sorted: those outside of sections, and the
    /// names of the outermost sections. What stands inside of a section depends on its value.
    public var names: [String] {
        var found: Set<String> = []
        var visited: Set<UInt32> = []
        collectNames(of: program.units[0], into: &found, &visited)
        return found.sorted()
    }

    private func collectNames(
        of unit: TemplateProgram.Unit,
        into found: inout Set<String>,
        _ visited: inout Set<UInt32>
    ) {
        var current = unit.start
        while current < unit.end {
            let instruction = program.instructions[current]
            switch instruction.operation {
            case .text, .lineStart:
                break
            case .variable, .escapedVariable, .invertedSection:
                found.insert(program.name(of: program.paths[Int(instruction.first)]))
            case .section:
                found.insert(program.name(of: program.paths[Int(instruction.first)]))
                current = Int(instruction.second)
                continue
            case .partial, .indentedPartial:
                if visited.insert(instruction.first).inserted {
                    collectNames(of: program.units[Int(instruction.first)], into: &found, &visited)
                }
            }
            current += 1
        }
    }

    private func withStack<Result>(
        _ context: TemplateContext,
        _ body: (TemplateProgram.View, ContextStack) -> Result
    ) -> Result {
        defer { withExtendedLifetime(context) {} }
        return program.withView { view in
            context.withSystem { entries, systemBytes in
                withUnsafeTemporaryAllocation(of: TemplateOperand.self, capacity: program.limits.depth + 1) { frames in
                    let stack = ContextStack(
                        view: view,
                        vars: context.vars,
                        entries: entries,
                        systemBytes: systemBytes,
                        frames: frames
                    )
                    return body(view, stack)
                }
            }
        }
    }
}
