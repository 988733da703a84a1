import JSON

/// Goes through every branch of a template with a sample, also through those that the sample would skip, and lists all
/// that a strict rendering could trip over.
struct TemplateChecker {
    private let program: TemplateProgram
    private let view: TemplateProgram.View
    private var stack: ContextStack
    private var errors: [TemplateError] = []
    private var seen: Set<TemplateError> = []
    private var steps = 0
    private var nesting = 0
    /// The partials that are being visited.
    private var active: Set<UInt32> = []
    /// The sections that the sample would skip and that are visited all the same, the innermost last.
    private var skipped: [String] = []
    private var isStopped = false

    init(program: TemplateProgram, view: TemplateProgram.View, stack: ContextStack) {
        self.program = program
        self.view = view
        self.stack = stack
    }

    mutating func check() -> [TemplateError] {
        visit(view.units[0].start, view.units[0].end)
        return errors
    }

    private mutating func visit(_ start: Int, _ end: Int) {
        var current = start
        while current < end, !isStopped {
            steps += 1
            if steps > program.limits.steps {
                stop(TemplateFault(.tooManySteps, at: current))
                return
            }
            let instruction = view.instructions[current]
            switch instruction.operation {
            case .text, .lineStart:
                break
            case .variable, .escapedVariable:
                variable(at: current)
            case .section:
                section(at: current)
                current = Int(instruction.second)
                continue
            case .invertedSection:
                invertedSection(at: current)
                current = Int(instruction.second)
                continue
            case .partial, .indentedPartial:
                partial(at: current)
            }
            current += 1
        }
    }

    private mutating func variable(at current: Int) {
        let path = path(at: current)
        do {
            _ = try stack.resolve(path).interpolation(of: path)
        } catch {
            report(TemplateFault(error, at: current))
        }
    }

    private mutating func section(at current: Int) {
        let operand = stack.resolve(path(at: current))
        let body = (start: current + 1, end: Int(view.instructions[current].second))
        reportUnknownSection(operand, at: current)
        if operand.isEmpty {
            skipped.append(program.name(of: path(at: current)))
            descend(body.start, body.end, at: current)
            skipped.removeLast()
            return
        }
        guard case .json(let tape, let index) = operand, tape.kind(index) == .array else {
            item(operand, body.start, body.end, at: current)
            return
        }
        var element = index + 1
        let last = tape.next(index)
        while element < last, !isStopped {
            item(.json(tape, element), body.start, body.end, at: current)
            element = tape.next(element)
        }
    }

    private mutating func item(_ operand: TemplateOperand, _ start: Int, _ end: Int, at current: Int) {
        guard stack.push(operand) else {
            stop(TemplateFault(.tooDeep, at: current))
            return
        }
        descend(start, end, at: current)
        stack.pop()
    }

    private mutating func invertedSection(at current: Int) {
        let operand = stack.resolve(path(at: current))
        reportUnknownSection(operand, at: current)
        if !operand.isEmpty { skipped.append("") }
        descend(current + 1, Int(view.instructions[current].second), at: current)
        if !operand.isEmpty { skipped.removeLast() }
    }

    /// A partial that calls itself only from a branch that the sample would skip would never come to an end.
    private mutating func partial(at current: Int) {
        let instruction = view.instructions[current]
        let isNew = active.insert(instruction.first).inserted
        if !isNew, !skipped.isEmpty { return }
        let unit = view.units[Int(instruction.first)]
        descend(unit.start, unit.end, at: current)
        if isNew { active.remove(instruction.first) }
    }

    private mutating func descend(_ start: Int, _ end: Int, at current: Int) {
        guard nesting < program.limits.depth else {
            stop(TemplateFault(.tooDeep, at: current))
            return
        }
        nesting += 1
        visit(start, end)
        nesting -= 1
    }

    private mutating func reportUnknownSection(_ operand: TemplateOperand, at current: Int) {
        if case .absent(let part) = operand, part >= Int(path(at: current).optionalParts) {
            report(TemplateFault(.unknownSection, at: current))
        }
    }

    private mutating func report(_ fault: TemplateFault) {
        var error = fault.error(in: program)
        if fault.reason == .unknownVariable || fault.reason == .unknownSection,
            let section = skipped.last(where: { !$0.isEmpty })
        {
            error.message += " (the sample has nothing in '\(section)')"
        }
        if seen.insert(error).inserted { errors.append(error) }
    }

    private mutating func stop(_ fault: TemplateFault) {
        report(fault)
        isStopped = true
    }

    private func path(at current: Int) -> TemplatePath {
        view.paths[Int(view.instructions[current].first)]
    }
}
