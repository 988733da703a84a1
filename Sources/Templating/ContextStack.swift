import JSON

/// The values that are open while a template is rendered, the innermost on top.
struct ContextStack {
    private let view: TemplateProgram.View
    private let entries: UnsafeBufferPointer<TemplateContext.Entry>
    private let systemBytes: UnsafeRawBufferPointer
    private let frames: UnsafeMutableBufferPointer<TemplateOperand>
    private(set) var depth = 1

    /// - Parameters:
    ///   - entries: the context's.
    ///   - systemBytes: the context's.
    ///   - frames: room for the bottom and for as many values as may be open at once.
    init(
        view: TemplateProgram.View,
        vars: JSONValue,
        entries: UnsafeBufferPointer<TemplateContext.Entry>,
        systemBytes: UnsafeRawBufferPointer,
        frames: UnsafeMutableBufferPointer<TemplateOperand>
    ) {
        self.view = view
        self.entries = entries
        self.systemBytes = systemBytes
        self.frames = frames
        frames.initializeElement(at: 0, to: .json(vars.document.tape, vars.index))
    }

    /// - Returns: `false` where there is no room left.
    mutating func push(_ operand: TemplateOperand) -> Bool {
        guard depth < frames.count else { return false }
        frames.initializeElement(at: depth, to: operand)
        depth += 1
        return true
    }

    mutating func pop() {
        depth -= 1
    }

    func resolve(_ path: TemplatePath) -> TemplateOperand {
        guard path.partCount > 0 else { return frames[depth - 1] }
        let first = Int(path.firstPart)
        var operand = lookUp(part(first))
        if case .absent = operand { return operand }
        for offset in 1..<max(Int(path.partCount), 1) {
            guard case .json(let tape, let index) = operand else { return .absent(part: offset) }
            let found = tape.member(index, named: part(first + offset))
            if found < 0 { return .absent(part: tape.kind(index) == .null ? offset - 1 : offset) }
            operand = .json(tape, found)
        }
        return operand
    }

    private func lookUp(_ name: UnsafeRawBufferPointer) -> TemplateOperand {
        var frame = depth - 1
        while frame > 0 {
            if case .json(let tape, let index) = frames[frame] {
                let found = tape.member(index, named: name)
                if found >= 0 { return .json(tape, found) }
            }
            frame -= 1
        }
        for index in entries.indices where bytesAreEqual(systemText(entries[index].name), name) {
            guard let value = entries[index].value else { return .text(systemText(entries[index].text)) }
            return .json(value.document.tape, value.index)
        }
        guard case .json(let tape, let index) = frames[0] else { return .absent(part: 0) }
        let found = tape.member(index, named: name)
        return found < 0 ? .absent(part: 0) : .json(tape, found)
    }

    private func systemText(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: systemBytes.baseAddress.map { $0 + range.lowerBound }, count: range.count)
    }

    private func part(_ index: Int) -> UnsafeRawBufferPointer {
        let part = view.parts[index]
        return view.bytes(part.start, part.length)
    }
}
