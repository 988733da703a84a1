import JSON

/// One rendering.
struct TemplateRenderer: ~Copyable {
    private let view: TemplateProgram.View
    private let isStrict: Bool
    private let limits: TemplateLimits
    private var stack: ContextStack
    private var sink: ByteSink
    private var nesting = 0
    private var steps = 0
    /// What stands before each line of an indented partial: the bytes from `indentationStart`.
    private var indentation: [UInt8] = []
    private var indentationStart = 0

    init(view: TemplateProgram.View, program: TemplateProgram, stack: ContextStack) {
        self.view = view
        self.stack = stack
        isStrict = program.strictness == .strict
        limits = program.limits
        sink = ByteSink(capacity: min(program.pool.count * 2 + 256, 64 << 10), limit: limits.outputBytes)
    }

    /// Appends the text to `bytes`, or leaves them as they are.
    mutating func render(into bytes: inout [UInt8]) throws(TemplateFault) {
        try run(view.units[0].start, view.units[0].end)
        bytes.append(contentsOf: sink.bytes)
    }

    private mutating func run(_ start: Int, _ end: Int) throws(TemplateFault) {
        steps += end - start
        if steps > limits.steps { throw TemplateFault(.tooManySteps, at: start) }
        var current = start
        while current < end {
            let instruction = view.instructions[current]
            switch instruction.operation {
            case .text:
                if !sink.append(view.bytes(instruction.first, instruction.second)) {
                    throw TemplateFault(.tooLong, at: current)
                }
            case .variable:
                if !sink.append(try text(at: current)) { throw TemplateFault(.tooLong, at: current) }
            case .escapedVariable:
                if !sink.appendEscaped(try text(at: current)) { throw TemplateFault(.tooLong, at: current) }
            case .section:
                try section(at: current)
                current = Int(instruction.second)
                continue
            case .invertedSection:
                if try isEmpty(stack.resolve(view.paths[Int(instruction.first)]), at: current) {
                    try descend(current + 1, Int(instruction.second), at: current)
                }
                current = Int(instruction.second)
                continue
            case .partial:
                let outer = indentationStart
                indentationStart = indentation.count
                let unit = view.units[Int(instruction.first)]
                try descend(unit.start, unit.end, at: current)
                indentationStart = outer
            case .indentedPartial:
                let length = indentation.count
                indentation.append(contentsOf: view.bytes(instruction.second, instruction.third))
                let unit = view.units[Int(instruction.first)]
                try descend(unit.start, unit.end, at: current)
                indentation.removeSubrange(length...)
            case .lineStart:
                let room = indentation[indentationStart...].withUnsafeBytes { sink.append($0) }
                if !room { throw TemplateFault(.tooLong, at: current) }
            }
            current += 1
        }
    }

    private mutating func descend(_ start: Int, _ end: Int, at current: Int) throws(TemplateFault) {
        guard nesting < limits.depth else { throw TemplateFault(.tooDeep, at: current) }
        nesting += 1
        try run(start, end)
        nesting -= 1
    }

    private mutating func section(at current: Int) throws(TemplateFault) {
        let instruction = view.instructions[current]
        let operand = stack.resolve(view.paths[Int(instruction.first)])
        if try isEmpty(operand, at: current) { return }
        let end = Int(instruction.second)
        guard case .json(let tape, let index) = operand, tape.kind(index) == .array else {
            try section(current + 1, end, operand, at: current)
            return
        }
        var element = index + 1
        let last = tape.next(index)
        while element < last {
            try section(current + 1, end, .json(tape, element), at: current)
            element = tape.next(element)
        }
    }

    private mutating func section(
        _ start: Int,
        _ end: Int,
        _ operand: TemplateOperand,
        at current: Int
    ) throws(TemplateFault) {
        guard stack.push(operand) else { throw TemplateFault(.tooDeep, at: current) }
        try descend(start, end, at: current)
        stack.pop()
    }

    /// Whether a section has nothing to show: an absent name, `false`, `null`, an empty list or an empty text.
    private func isEmpty(_ operand: TemplateOperand, at current: Int) throws(TemplateFault) -> Bool {
        if case .absent(let part) = operand, isStrict {
            let path = view.paths[Int(view.instructions[current].first)]
            if part >= Int(path.optionalParts) { throw TemplateFault(.unknownSection, at: current) }
        }
        return operand.isEmpty
    }

    /// What an interpolation shows; nothing for what is absent but may be.
    private func text(at current: Int) throws(TemplateFault) -> UnsafeRawBufferPointer {
        let path = view.paths[Int(view.instructions[current].first)]
        do {
            return try stack.resolve(path).interpolation(of: path)
        } catch {
            if isStrict { throw TemplateFault(error, at: current) }
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }
}
