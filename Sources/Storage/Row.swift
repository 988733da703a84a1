/// A result row, valid only inside the closure that is given it. Columns count from 0.
public protocol Row {
    func isNull(_ column: Int) -> Bool
    /// 0 for NULL.
    func integer(_ column: Int) -> Int64
    /// Empty for NULL.
    func text(_ column: Int) -> String
    /// The bytes of a text or byte string; empty for NULL. The pointer is valid inside `body` only.
    func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}

extension Row {
    public func optionalInteger(_ column: Int) -> Int64? {
        isNull(column) ? nil : integer(column)
    }

    public func optionalText(_ column: Int) -> String? {
        isNull(column) ? nil : text(column)
    }

    public func bytes(_ column: Int) -> [UInt8] {
        withBytes(column) { [UInt8]($0) }
    }
}
