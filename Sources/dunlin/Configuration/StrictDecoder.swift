import Yams

/// Decodes YAML into `Decodable` types, strictly: a key that no type asks for is an error, and every error names its line.
///
/// Keys are written in snake_case, as YAML's users expect; the types have camelCase. `${NAME}` in a value reads the
/// environment.
struct StrictDecoder {
    let environment: [String: String]
    let file: String

    func decode<Value: Decodable>(_ type: Value.Type, from yaml: String) throws -> Value {
        let root: Node
        do {
            guard let node = try compose(yaml: yaml), !node.isNothing else { return try decode(type, from: "{}") }
            root = node
        } catch let error as YamlError {
            throw ConfigurationError(error, file: file)
        }
        let scope = DecodingScope(environment: environment, file: file)
        let decoder = NodeDecoder(node: root, codingPath: [], scope: scope)
        do {
            let value = try Value(from: decoder)
            try scope.refuseUnknownKeys()
            return value
        } catch let error as DecodingError {
            throw ConfigurationError(error, scope: scope)
        }
    }
}

/// What is shared while one file is decoded: which keys were asked for.
private final class DecodingScope {
    let environment: [String: String]
    let file: String
    private var asked: [String: Set<String>] = [:]
    private var mappings: [String: Node.Mapping] = [:]
    private var elements: [String: Int] = [:]

    init(environment: [String: String], file: String) {
        self.environment = environment
        self.file = file
    }

    static func text(_ path: some Sequence<any CodingKey>) -> String {
        path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            .replacing(".[", with: "[")
    }

    func enter(_ mapping: Node.Mapping, at path: [any CodingKey]) {
        mappings[DecodingScope.text(path)] = mapping
        asked[DecodingScope.text(path), default: []].formUnion([])
    }

    /// Notes where an element of a list begins.
    func enter(_ element: Node, at path: [any CodingKey]) {
        elements[DecodingScope.text(path)] = element.mark?.line
    }

    func ask(_ key: String, at path: [any CodingKey]) {
        asked[DecodingScope.text(path), default: []].insert(key)
    }

    /// The line of a key or an element; of what it is missing from, where it is not there.
    func line(of path: [any CodingKey]) -> Int? {
        guard let last = path.last else { return nil }
        let parent = Array(path.dropLast())
        if let line = elements[DecodingScope.text(path)] { return line }
        let mapping = mappings[DecodingScope.text(parent)]
        let key = mapping?.first { $0.key.string == last.stringValue }?.key ?? mapping?.first?.key
        return key?.mark?.line ?? line(of: parent)
    }

    /// A path whose last key is written as the file has it: a type that finds fault with a key knows its own name for it only.
    func asWritten(_ path: [any CodingKey]) -> [any CodingKey] {
        guard let last = path.last, last.intValue == nil, let mapping = mappings[DecodingScope.text(path.dropLast())],
            !mapping.contains(where: { $0.key.string == last.stringValue })
        else { return path }
        return path.dropLast() + [NameKey(last.stringValue.snakeCase)]
    }

    func refuseUnknownKeys() throws {
        for path in mappings.keys.sorted() {
            let known = asked[path] ?? []
            for (key, _) in mappings[path] ?? [:] {
                let name = key.string ?? "?"
                guard !known.contains(name) else { continue }
                let place = path.isEmpty ? name : "\(path).\(name)"
                throw ConfigurationError(
                    file: file,
                    line: key.mark?.line,
                    key: place,
                    message: "unknown key; known here: \(known.sorted().joined(separator: ", "))"
                )
            }
        }
    }

    /// The value of a scalar with `${NAME}` replaced.
    func resolve(_ scalar: String, path: [any CodingKey]) throws -> String {
        guard scalar.contains("${") else { return scalar }
        var result = ""
        var rest = scalar[...]
        while let start = rest.range(of: "${") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                throw corrupted("a '${' without its '}'", path)
            }
            let name = String(rest[start.upperBound..<end])
            guard let value = environment[name] else {
                throw corrupted("the environment has no \(name): set it, or write the value here", path)
            }
            result += value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    func corrupted(_ message: String, _ path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: message))
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}

extension ConfigurationError {
    fileprivate init(_ error: DecodingError, scope: DecodingScope) {
        let path: [any CodingKey]
        let message: String
        switch error {
        case .keyNotFound(let key, let context):
            path = context.codingPath + [key]
            message = "this key is required"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            path = scope.asWritten(context.codingPath)
            message = context.debugDescription
        @unknown default:
            path = []
            message = "\(error)"
        }
        self.init(file: scope.file, line: scope.line(of: path), key: DecodingScope.text(path), message: message)
    }

    /// The parser's own description quotes the line, which may hold a password.
    fileprivate init(_ error: YamlError, file: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(file: file, line: mark.line, key: "", message: "no valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                file: file,
                line: context.mark.line,
                key: duplicates.sorted().joined(separator: ", "),
                message: "the key stands twice in this mapping"
            )
        case .reader(let problem, _, _, _):
            self.init(file: file, line: nil, key: "", message: "no valid YAML: \(problem)")
        default:
            self.init(file: file, line: nil, key: "", message: "no valid YAML")
        }
    }
}

extension Node {
    /// YAML's null: a key without a value.
    fileprivate var isNothing: Bool {
        scalar.map { $0.style == .plain && ["", "~", "null"].contains($0.string) } ?? false
    }
}

private struct NodeDecoder: Decoder {
    let node: Node
    let codingPath: [any CodingKey]
    let scope: DecodingScope
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let mapping = node.mapping else {
            throw mismatch([String: String].self, "a mapping (key: value lines) is expected here")
        }
        scope.enter(mapping, at: codingPath)
        return KeyedDecodingContainer(MappingContainer<Key>(mapping: mapping, codingPath: codingPath, scope: scope))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let sequence = node.sequence else { throw mismatch([String].self, "a list is expected here") }
        return SequenceContainer(nodes: Array(sequence), codingPath: codingPath, scope: scope)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        ScalarContainer(decoder: self)
    }

    func scalar(_ expected: String) throws -> String {
        guard let scalar = node.scalar else { throw mismatch(String.self, "\(expected) is expected here") }
        return try scope.resolve(scalar.string, path: codingPath)
    }

    func mismatch(_ type: Any.Type, _ message: String) -> DecodingError {
        .typeMismatch(type, .init(codingPath: codingPath, debugDescription: message))
    }

    /// The scalar as it stands in the file: the environment's values are not shown.
    private var written: String { node.scalar?.string ?? "" }

    /// An enumeration's words are listed where another stands.
    private func refuseUnknownWord(_ type: any (CaseIterable & RawRepresentable<String>).Type) throws {
        func words<Word: CaseIterable & RawRepresentable<String>>(_ type: Word.Type) -> [String] {
            type.allCases.map(\.rawValue)
        }
        let known = words(type)
        guard try !known.contains(scalar("a word")) else { return }
        throw mismatch(String.self, "one of \(known.joined(separator: ", ")) is expected here, not '\(written)'")
    }

    private func wholeNumber<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        let text = try scalar("a whole number")
        if let number = Number(text) { return number }
        let isWhole = text.wholeMatch(of: /-?[0-9]+/) != nil
        throw mismatch(
            type,
            isWhole ? "\(written) is out of range" : "a whole number is expected here, not '\(written)'"
        )
    }

    private func number() throws -> Double {
        guard let number = Double(try scalar("a number")), number.isFinite else {
            throw mismatch(Double.self, "a number is expected here, not '\(written)'")
        }
        return number
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let words = type as? any (CaseIterable & RawRepresentable<String>).Type { try refuseUnknownWord(words) }
        switch type {
        case is String.Type:
            return try scalar("text") as! Value
        case let integer as any FixedWidthInteger.Type:
            return try wholeNumber(integer) as! Value
        case is Double.Type:
            return try number() as! Value
        case is Float.Type:
            return Float(try number()) as! Value
        case is Bool.Type:
            let text = try scalar("true or false")
            guard text == "true" || text == "false" else {
                throw mismatch(type, "true or false is expected here, not '\(written)'")
            }
            return (text == "true") as! Value
        default:
            return try Value(from: self)
        }
    }

    var isNull: Bool { node.isNothing }
}

private struct MappingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let mapping: Node.Mapping
    let codingPath: [any CodingKey]
    let scope: DecodingScope

    var allKeys: [Key] {
        mapping.compactMap { key, _ in
            guard let name = key.string else { return nil }
            scope.ask(name, at: codingPath)
            return Key(stringValue: name)
        }
    }

    func contains(_ key: Key) -> Bool {
        value(key).value != nil
    }

    private func decoder(_ key: Key) throws -> NodeDecoder {
        let (name, value) = value(key)
        let path = codingPath + [NameKey(name)]
        guard let value else {
            throw DecodingError.keyNotFound(NameKey(name), .init(codingPath: codingPath, debugDescription: ""))
        }
        return NodeDecoder(node: value, codingPath: path, scope: scope)
    }

    /// A key that stands in the file just as it is asked for, such as a brand's id, is taken so; else in snake_case.
    private func value(_ key: Key) -> (name: String, value: Node?) {
        let asked = key.stringValue
        let exact = mapping.first { $0.key.string == asked }?.value
        let name = exact == nil ? asked.snakeCase : asked
        scope.ask(name, at: codingPath)
        return (name, exact ?? mapping.first { $0.key.string == name }?.value)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).isNull }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decoder(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try decoder(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try decoder(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try decoder(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try decoder(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try decoder(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try decoder(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try decoder(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try decoder(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try decoder(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try decoder(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try decoder(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try decoder(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try decoder(key).decode(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try decoder(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        NodeDecoder(node: .mapping(mapping), codingPath: codingPath, scope: scope)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

extension String {
    /// `giveUp` is `give_up`.
    fileprivate var snakeCase: String {
        reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}

/// A key that no type declares.
struct NameKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

private struct IndexKey: CodingKey {
    let index: Int
    var stringValue: String { "[\(index)]" }
    var intValue: Int? { index }
    init(_ index: Int) { self.index = index }
    init?(stringValue: String) { nil }
    init?(intValue: Int) { index = intValue }
}

private struct SequenceContainer: UnkeyedDecodingContainer {
    let nodes: [Node]
    let codingPath: [any CodingKey]
    let scope: DecodingScope
    var currentIndex = 0
    var count: Int? { nodes.count }
    var isAtEnd: Bool { currentIndex == nodes.count }

    init(nodes: [Node], codingPath: [any CodingKey], scope: DecodingScope) {
        self.nodes = nodes
        self.codingPath = codingPath
        self.scope = scope
    }

    private mutating func next() -> NodeDecoder {
        defer { currentIndex += 1 }
        let path = codingPath + [IndexKey(currentIndex)]
        scope.enter(nodes[currentIndex], at: path)
        return NodeDecoder(node: nodes[currentIndex], codingPath: path, scope: scope)
    }

    mutating func decodeNil() throws -> Bool {
        guard NodeDecoder(node: nodes[currentIndex], codingPath: codingPath, scope: scope).isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().decode(type) }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { next() }
}

private struct ScalarContainer: SingleValueDecodingContainer {
    let decoder: NodeDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.isNull }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decode(type) }
}
