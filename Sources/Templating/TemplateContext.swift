public import JSON

/// What the names of a template resolve to. The system's names and `vars` stand together at the bottom of the context,
/// where the system's win.
public struct TemplateContext: Sendable {
    struct Entry {
        var name: Range<Int>
        var text: Range<Int>
        /// `nil` where the value is the text.
        var value: JSONValue?
    }

    let vars: JSONValue
    let entries: [Entry]
    /// The names and texts of the entries.
    let bytes: [UInt8]

    /// - Parameter vars: an object as a rule; of anything else only `{{.}}` has a use.
    public init(vars: JSONValue, system: [(name: String, value: SystemValue)] = []) {
        self.vars = vars
        var bytes: [UInt8] = []
        var entries: [Entry] = []
        entries.reserveCapacity(system.count)
        for (name, value) in system {
            let nameStart = bytes.count
            bytes.append(contentsOf: name.utf8)
            let textStart = bytes.count
            switch value {
            case .text(let text):
                bytes.append(contentsOf: text.utf8)
                entries.append(Entry(name: nameStart..<textStart, text: textStart..<bytes.count, value: nil))
            case .json(let value):
                entries.append(Entry(name: nameStart..<textStart, text: textStart..<textStart, value: value))
            }
        }
        self.entries = entries
        self.bytes = bytes
    }

    /// Calls `body` with pointers into the context, which are valid only until it returns.
    func withSystem<Result>(_ body: (UnsafeBufferPointer<Entry>, UnsafeRawBufferPointer) -> Result) -> Result {
        entries.withUnsafeBufferPointer { entries in
            bytes.withUnsafeBytes { bytes in body(entries, bytes) }
        }
    }
}
