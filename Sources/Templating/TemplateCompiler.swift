/// Turns sources into a program and collects every error on the way.
///
/// A partial is compiled at most twice: as it is, and for indentation, with an instruction at each beginning of a line.
/// The indentation itself is kept while rendering, so that partials which indent themselves need no end of copies.
struct TemplateCompiler {
    private struct UnitKey: Hashable {
        var name: String
        var indented: Bool
    }

    private struct PathKey: Hashable {
        var name: ArraySlice<UInt8>
        var optionalParts: Int
    }

    private struct OpenSection {
        var instruction: Int
        var name: ArraySlice<UInt8>
        var tag: TemplateTag
    }

    private let escaping: Escaping
    private let partials: PartialSource
    private let optional: Set<String>
    private let strictness: Strictness
    private let limits: TemplateLimits

    private var instructions: [TemplateInstruction] = []
    private var places: [TemplateProgram.Place] = []
    private var pool: [UInt8] = []
    private var paths: [TemplatePath] = []
    private var parts: [TemplateProgram.Part] = []
    private var units: [TemplateProgram.Unit] = []
    private var files: [String] = []
    private var errors: [TemplateError] = []

    private var pathIndexes: [PathKey: Int] = [:]
    private var unitIndexes: [UnitKey: Int] = [:]
    private var fileIndexes: [String: Int] = [:]
    private var sources: [String: PartialSource.Partial] = [:]
    private var pending: [(unit: Int, source: PartialSource.Partial, indented: Bool)] = []
    private var sourceBytes = 0
    /// Texts before this instruction are complete: something may jump behind them.
    private var barrier = 0
    private var file = 0

    init(
        escaping: Escaping,
        partials: PartialSource,
        optional: Set<String>,
        strictness: Strictness,
        limits: TemplateLimits
    ) {
        self.escaping = escaping
        self.partials = partials
        self.optional = optional
        self.strictness = strictness
        self.limits = limits
    }

    mutating func compile(_ source: [UInt8], file: String) throws(TemplateErrors) -> TemplateProgram {
        units.append(TemplateProgram.Unit(start: 0, end: 0))
        pending.append((0, PartialSource.Partial(source: source, file: file), false))
        sourceBytes = source.count
        if sourceBytes > limits.sourceBytes {
            let message = "the template has \(sourceBytes) bytes; at most \(limits.sourceBytes) are allowed"
            throw TemplateErrors([TemplateError(file: file, line: 1, column: 1, message: message)])
        }
        while let next = pending.popLast() {
            compile(next.source, unit: next.unit, indented: next.indented)
        }
        guard errors.isEmpty else { throw TemplateErrors(ordered(errors)) }
        return TemplateProgram(
            instructions: instructions,
            places: places,
            pool: pool,
            paths: paths,
            parts: parts,
            units: units,
            files: files,
            strictness: strictness,
            limits: limits
        )
    }

    private mutating func compile(_ partial: PartialSource.Partial, unit: Int, indented: Bool) {
        file = fileIndex(of: partial.file)
        let source = partial.source
        var scanner = TemplateScanner(source: source)
        scanner.scan()
        for flaw in scanner.flaws {
            report(flaw.message, line: flaw.line, column: flaw.column)
        }
        let start = instructions.count
        barrier = start
        var open: [OpenSection] = []
        for token in scanner.tokens {
            switch token {
            case .text(let range):
                if indented { appendLines(of: source, range) } else { appendText(source[range]) }
            case .tag(let tag):
                if indented, tag.indentation == nil, isLineStart(tag.start, in: source) {
                    append(TemplateInstruction(operation: .lineStart), tag)
                }
                compile(tag, in: source, indented: indented, open: &open)
            }
        }
        for section in open where scanner.isComplete {
            let name = String(decoding: section.name, as: UTF8.self)
            report("the section '\(name)' is not closed", line: section.tag.line, column: section.tag.column)
        }
        units[unit] = TemplateProgram.Unit(start: start, end: instructions.count)
    }

    private mutating func compile(
        _ tag: TemplateTag,
        in source: [UInt8],
        indented: Bool,
        open: inout [OpenSection]
    ) {
        let name = source[tag.name]
        switch tag.kind {
        case .variable:
            let operation: TemplateInstruction.Operation = escaping == .html ? .escapedVariable : .variable
            append(TemplateInstruction(operation: operation, first: path(name, in: open)), tag)
        case .unescapedVariable:
            append(TemplateInstruction(operation: .variable, first: path(name, in: open)), tag)
        case .section, .invertedSection:
            let operation: TemplateInstruction.Operation = tag.kind == .section ? .section : .invertedSection
            let path = path(name, in: open)
            open.append(OpenSection(instruction: instructions.count, name: name, tag: tag))
            append(TemplateInstruction(operation: operation, first: path), tag)
        case .close:
            close(name, tag, &open)
        case .partial:
            call(String(decoding: name, as: UTF8.self), tag, in: source, indented: indented)
        case .silent:
            break
        }
    }

    private mutating func close(_ name: ArraySlice<UInt8>, _ tag: TemplateTag, _ open: inout [OpenSection]) {
        let text = String(decoding: name, as: UTF8.self)
        guard let index = open.lastIndex(where: { $0.name == name }) else {
            report("'\(text)' is closed here, but no such section is open", line: tag.line, column: tag.column)
            return
        }
        for unclosed in open[(index + 1)...] {
            let inner = String(decoding: unclosed.name, as: UTF8.self)
            report(
                "the section '\(inner)' is not closed before '\(text)' is, in line \(tag.line)",
                line: unclosed.tag.line,
                column: unclosed.tag.column
            )
        }
        for section in open[index...] {
            instructions[section.instruction].second = UInt32(truncatingIfNeeded: instructions.count)
        }
        open.removeSubrange(index...)
        barrier = instructions.count
    }

    private mutating func call(_ name: String, _ tag: TemplateTag, in source: [UInt8], indented: Bool) {
        let indentation = tag.indentation.map { source[$0] } ?? []
        let joinsIndentation = tag.indentation != nil && (indented || !indentation.isEmpty)
        guard let unit = unit(name, indented: joinsIndentation, tag) else { return }
        append(
            TemplateInstruction(
                operation: joinsIndentation ? .indentedPartial : .partial,
                first: UInt32(truncatingIfNeeded: unit),
                second: UInt32(truncatingIfNeeded: pool.count),
                third: UInt32(truncatingIfNeeded: indentation.count)
            ),
            tag
        )
        pool.append(contentsOf: indentation)
    }

    private mutating func unit(_ name: String, indented: Bool, _ tag: TemplateTag) -> Int? {
        let key = UnitKey(name: name, indented: indented)
        if let known = unitIndexes[key] { return known }
        if sources[name] == nil, let found = partials.find(name) {
            sourceBytes += found.source.count
            if sourceBytes > limits.sourceBytes {
                let message = "with the partial '\(name)' the template has more than \(limits.sourceBytes) bytes"
                report(message, line: tag.line, column: tag.column)
                return nil
            }
            sources[name] = found
        }
        guard let source = sources[name] else {
            if strictness == .strict {
                report("unknown partial '\(name)'", line: tag.line, column: tag.column)
            }
            return nil
        }
        let index = units.count
        units.append(TemplateProgram.Unit(start: 0, end: 0))
        unitIndexes[key] = index
        pending.append((index, source, indented))
        return index
    }

    private mutating func path(_ name: ArraySlice<UInt8>, in open: [OpenSection]) -> UInt32 {
        let ends = name.split(separator: UInt8(ascii: ".")).map(\.endIndex)
        let optionalParts = ends.lastIndex { isOptional(name[..<$0], in: open) }.map { $0 + 1 } ?? 0
        let key = PathKey(name: name, optionalParts: optionalParts)
        if let known = pathIndexes[key] { return UInt32(truncatingIfNeeded: known) }
        var path = TemplatePath(
            firstPart: UInt32(truncatingIfNeeded: parts.count),
            partCount: 0,
            optionalParts: UInt32(truncatingIfNeeded: optionalParts),
            nameStart: UInt32(truncatingIfNeeded: pool.count),
            nameLength: UInt32(truncatingIfNeeded: name.count)
        )
        for part in name.split(separator: UInt8(ascii: ".")) {
            path.partCount += 1
            let start = pool.count + part.startIndex - name.startIndex
            parts.append(
                TemplateProgram.Part(
                    start: UInt32(truncatingIfNeeded: start),
                    length: UInt32(truncatingIfNeeded: part.count)
                )
            )
        }
        pool.append(contentsOf: name)
        pathIndexes[key] = paths.count
        paths.append(path)
        return UInt32(truncatingIfNeeded: paths.count - 1)
    }

    /// A name is optional as it is written, or as a member of the sections that it stands in: `description` inside of
    /// `{{#invoices}}` where `invoices.description` is.
    private func isOptional(_ name: ArraySlice<UInt8>, in open: [OpenSection]) -> Bool {
        guard !optional.isEmpty else { return false }
        var qualified = String(decoding: name, as: UTF8.self)
        if optional.contains(qualified) { return true }
        for section in open.reversed() where section.tag.kind == .section {
            qualified = String(decoding: section.name, as: UTF8.self) + "." + qualified
            if optional.contains(qualified) { return true }
        }
        return false
    }

    private mutating func append(_ instruction: TemplateInstruction, _ tag: TemplateTag) {
        instructions.append(instruction)
        places.append(TemplateProgram.Place(file: file, line: tag.line, column: tag.column))
        barrier = instructions.count
    }

    private mutating func appendText(_ bytes: ArraySlice<UInt8>) {
        let count = UInt32(truncatingIfNeeded: bytes.count)
        if instructions.count > barrier {
            instructions[instructions.count - 1].second += count
        } else {
            instructions.append(
                TemplateInstruction(operation: .text, first: UInt32(truncatingIfNeeded: pool.count), second: count)
            )
            places.append(TemplateProgram.Place(file: file, line: 1, column: 1))
        }
        pool.append(contentsOf: bytes)
    }

    /// A text of an indented partial, line by line.
    private mutating func appendLines(of source: [UInt8], _ range: Range<Int>) {
        var start = range.lowerBound
        while start < range.upperBound {
            if isLineStart(start, in: source) {
                instructions.append(TemplateInstruction(operation: .lineStart))
                places.append(TemplateProgram.Place(file: file, line: 1, column: 1))
                barrier = instructions.count
            }
            let lineEnd = source[start..<range.upperBound].firstIndex(of: 0x0A).map { $0 + 1 } ?? range.upperBound
            appendText(source[start..<lineEnd])
            start = lineEnd
        }
    }

    private func isLineStart(_ offset: Int, in source: [UInt8]) -> Bool {
        offset == 0 || source[offset - 1] == 0x0A || (offset == 3 && source.starts(with: [0xEF, 0xBB, 0xBF]))
    }

    private mutating func fileIndex(of name: String) -> Int {
        if let known = fileIndexes[name] { return known }
        files.append(name)
        fileIndexes[name] = files.count - 1
        return files.count - 1
    }

    private mutating func report(_ message: String, line: Int, column: Int) {
        errors.append(TemplateError(file: files[file], line: line, column: column, message: message))
    }

    /// By file in the order in which they were met, then by place, each once.
    private func ordered(_ errors: [TemplateError]) -> [TemplateError] {
        let sorted = errors.sorted {
            (fileIndexes[$0.file] ?? 0, $0.line, $0.column) < (fileIndexes[$1.file] ?? 0, $1.line, $1.column)
        }
        var seen: Set<TemplateError> = []
        return sorted.filter { seen.insert($0).inserted }
    }
}
