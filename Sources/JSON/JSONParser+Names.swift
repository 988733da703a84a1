extension JSONParser {
    /// An object with more members has its names checked through a hash table once it is closed; up to here each name is
    /// compared with those before it, and only when one of them has the same signature.
    static let comparedNames = 24

    /// Reads `"name":` and leaves the position at the value.
    mutating func name(in container: UInt32, expected: JSONFlaw.Kind) throws(JSONFlaw) {
        guard source[at] == UInt8(ascii: "\"") else { throw JSONFlaw(expected, at) }
        let index = count
        try string()
        let object = Int(container)
        if nodes[object].count < Self.comparedNames {
            let bit = signature(text(index))
            if nodes[object].length & bit != 0 { try compareName(index, in: object) }
            nodes[object].length |= bit
        }
        skipBlanks()
        guard source[at] == UInt8(ascii: ":") else { throw JSONFlaw(.expectedColon, at) }
        at += 1
        skipBlanks()
    }

    /// - Parameter object: the index of a closed object.
    @inline(never)
    func checkManyNames(of object: Int) throws(JSONFlaw) {
        var slotCount = 64
        while slotCount < nodes[object].count * 2 { slotCount *= 2 }
        var slots = [UInt32](repeating: Self.none, count: slotCount)
        var name = object + 1
        while name < Int(nodes[object].link) {
            var hasher = Hasher()
            hasher.combine(bytes: text(name))
            var slot = hasher.finalize() & (slotCount - 1)
            while slots[slot] != Self.none {
                if isEqual(Int(slots[slot]), name) { throw JSONFlaw(.duplicateName, Int(nodes[name].start)) }
                slot = (slot + 1) & (slotCount - 1)
            }
            slots[slot] = UInt32(truncatingIfNeeded: name)
            name = next(name + 1)
        }
    }

    private func compareName(_ index: Int, in object: Int) throws(JSONFlaw) {
        var earlier = object + 1
        while earlier < index {
            if isEqual(earlier, index) { throw JSONFlaw(.duplicateName, Int(nodes[index].start)) }
            earlier = next(earlier + 1)
        }
    }

    private func isEqual(_ one: Int, _ other: Int) -> Bool {
        bytesAreEqual(text(one), text(other))
    }

    private func signature(_ name: UnsafeRawBufferPointer) -> UInt32 {
        guard let first = name.first, let last = name.last else { return 1 }
        let mixed = UInt32(first) &* 5 &+ UInt32(last) &* 11 &+ UInt32(truncatingIfNeeded: name.count) &* 3
        return 1 << (mixed & 31)
    }

    private var tape: JSONTape {
        JSONTape(source: source, nodes: nodes, unescaped: unescaped.map { UnsafePointer($0) } ?? source)
    }

    private func text(_ index: Int) -> UnsafeRawBufferPointer {
        tape.text(index)
    }

    private func next(_ index: Int) -> Int {
        tape.next(index)
    }
}
