extension JSONValue {
    /// The members in the order in which they are written; none unless the value is an object.
    public var members: JSONMembers {
        JSONMembers(of: self)
    }

    /// The elements; none unless the value is an array.
    public var elements: JSONElements {
        JSONElements(of: self)
    }

    /// The member's value; `nil` where the value is no object or has no such member. Names are compared byte by byte,
    /// which takes time in proportion to the number of members.
    public subscript(_ name: String) -> JSONValue? {
        if let found = name.utf8.withContiguousStorageIfAvailable({ member(named: UnsafeRawBufferPointer($0)) }) {
            return found
        }
        return self[Array(name.utf8)]
    }

    /// The same, by a name in UTF-8.
    public subscript(_ name: [UInt8]) -> JSONValue? {
        name.withUnsafeBytes { member(named: $0) }
    }

    /// The same, by a name in UTF-8.
    public func member(named name: UnsafeRawBufferPointer) -> JSONValue? {
        let found = withExtendedLifetime(document) { tape.member(index, named: name) }
        return found < 0 ? nil : JSONValue(document: document, index: found)
    }
}
