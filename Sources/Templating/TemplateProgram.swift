/// A compiled template: one flat array of instructions for the template and all its partials.
final class TemplateProgram: Sendable {
    /// Bytes of the pool.
    struct Part {
        var start: UInt32
        var length: UInt32
    }

    /// The instructions of the template (unit 0) or of a partial.
    struct Unit {
        var start: Int
        var end: Int
    }

    struct Place {
        var file: Int
        var line: Int
        var column: Int
    }

    let instructions: [TemplateInstruction]
    /// For each instruction.
    let places: [Place]
    let pool: [UInt8]
    let paths: [TemplatePath]
    let parts: [Part]
    let units: [Unit]
    let files: [String]
    let strictness: Strictness
    let limits: TemplateLimits

    init(
        instructions: [TemplateInstruction],
        places: [Place],
        pool: [UInt8],
        paths: [TemplatePath],
        parts: [Part],
        units: [Unit],
        files: [String],
        strictness: Strictness,
        limits: TemplateLimits
    ) {
        self.instructions = instructions
        self.places = places
        self.pool = pool
        self.paths = paths
        self.parts = parts
        self.units = units
        self.files = files
        self.strictness = strictness
        self.limits = limits
    }

    func name(of path: TemplatePath) -> String {
        String(decoding: pool[Int(path.nameStart)...].prefix(Int(path.nameLength)), as: UTF8.self)
    }

    func error(at instruction: Int, _ message: String) -> TemplateError {
        let place = places[instruction]
        return TemplateError(file: files[place.file], line: place.line, column: place.column, message: message)
    }

    /// Calls `body` with pointers into the program, which are valid only until it returns.
    func withView<Result>(_ body: (View) -> Result) -> Result {
        instructions.withUnsafeBufferPointer { instructions in
            pool.withUnsafeBufferPointer { pool in
                paths.withUnsafeBufferPointer { paths in
                    parts.withUnsafeBufferPointer { parts in
                        units.withUnsafeBufferPointer { units in
                            body(
                                View(
                                    instructions: instructions,
                                    pool: UnsafeRawBufferPointer(pool),
                                    paths: paths,
                                    parts: parts,
                                    units: units
                                )
                            )
                        }
                    }
                }
            }
        }
    }

    /// What rendering reads.
    struct View {
        let instructions: UnsafeBufferPointer<TemplateInstruction>
        let pool: UnsafeRawBufferPointer
        let paths: UnsafeBufferPointer<TemplatePath>
        let parts: UnsafeBufferPointer<Part>
        let units: UnsafeBufferPointer<Unit>

        func bytes(_ start: UInt32, _ length: UInt32) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: pool.baseAddress.map { $0 + Int(start) }, count: Int(length))
        }
    }
}
