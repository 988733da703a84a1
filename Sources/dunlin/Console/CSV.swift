/// Comma-separated values (RFC 4180).
enum CSV {
    /// Rows with the line that each begins on, from 1.
    static func rows(_ text: String) throws(Failure) -> [(line: Int, fields: [String])] {
        var rows: [(Int, [String])] = []
        var fields: [String] = []
        var field = ""
        var isQuoted = false
        var wasQuoted = false
        var line = 1
        var start = 1
        var index = text.unicodeScalars.startIndex
        let scalars = text.unicodeScalars
        func isEmptyRow() -> Bool { fields.isEmpty && field.isEmpty && !wasQuoted }
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let next = scalars.index(after: index)
            if isQuoted {
                if scalar == "\"" {
                    if next < scalars.endIndex, scalars[next] == "\"" {
                        field.unicodeScalars.append("\"")
                        index = scalars.index(after: next)
                        continue
                    }
                    isQuoted = false
                } else {
                    field.unicodeScalars.append(scalar)
                }
            } else if scalar == "\"" {
                guard field.isEmpty, !wasQuoted else {
                    throw Failure(.data, "line \(line): a quote inside a field that is not quoted")
                }
                isQuoted = true
                wasQuoted = true
            } else if scalar == "," {
                fields.append(field)
                field = ""
                wasQuoted = false
            } else if scalar == "\n" || scalar == "\r" {
                if scalar == "\n" || next == scalars.endIndex || scalars[next] != "\n" {
                    if !isEmptyRow() { rows.append((start, fields + [field])) }
                    fields = []
                    field = ""
                    wasQuoted = false
                    start = line + 1
                }
            } else {
                field.unicodeScalars.append(scalar)
            }
            if scalar == "\n" { line += 1 }
            index = next
        }
        guard !isQuoted else { throw Failure(.data, "line \(start): a quoted field without its end") }
        if !isEmptyRow() { rows.append((start, fields + [field])) }
        return rows
    }

    static func line(_ fields: [String]) -> String {
        fields.map { field in
            field.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" })
                ? "\"\(field.replacing("\"", with: "\"\""))\"" : field
        }.joined(separator: ",")
    }
}
