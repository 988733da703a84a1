/// Why a rendering ended early, small enough to throw from the hot path; `error(in:)` puts it into words.
struct TemplateFault: Error {
    enum Reason: Error {
        case unknownVariable
        case unknownSection
        case null
        case object
        case list
        case tooDeep
        case tooLong
        case tooManySteps
    }

    var reason: Reason
    /// The instruction that met it.
    var instruction: Int

    init(_ reason: Reason, at instruction: Int) {
        self.reason = reason
        self.instruction = instruction
    }

    func error(in program: TemplateProgram) -> TemplateError {
        program.error(at: instruction, message(in: program))
    }

    private func message(in program: TemplateProgram) -> String {
        switch reason {
        case .unknownVariable: "unknown variable '\(name(in: program))'"
        case .unknownSection: "unknown section '\(name(in: program))'"
        case .null: "the variable '\(name(in: program))' is null; a text or a number was expected"
        case .object: "the variable '\(name(in: program))' is an object; a text or a number was expected"
        case .list: "the variable '\(name(in: program))' is a list; a text or a number was expected"
        case .tooDeep: "sections and partials are nested deeper than \(program.limits.depth) levels"
        case .tooLong: "the text grows longer than \(program.limits.outputBytes) bytes"
        case .tooManySteps: "the template takes more than \(program.limits.steps) steps"
        }
    }

    private func name(in program: TemplateProgram) -> String {
        program.name(of: program.paths[Int(program.instructions[instruction].first)])
    }
}
