import Foundation

/// A message that came in, or a part of one, read with patience: whatever strangers send is taken apart as far as it goes, within
/// bounds (RFC 5322, 2045, 2046).
struct MIMEPart {
    /// By lower-case name, in order; unfolded, undecoded.
    let headers: [(name: String, value: String)]
    let body: ArraySlice<UInt8>
    let parts: [MIMEPart]

    /// Deeper parts, more of them, more headers and longer lines are not looked at.
    private static let deepest = 8
    private static let mostParts = 100
    private static let mostHeaders = 500
    private static let longestHeader = 8 << 10

    init(_ message: [UInt8]) {
        var budget = MIMEPart.mostParts
        self.init(message[...], depth: 0, budget: &budget)
    }

    private init(_ bytes: ArraySlice<UInt8>, depth: Int, budget: inout Int) {
        let (headers, body) = MIMEPart.split(bytes)
        self.headers = headers
        self.body = body
        let type = MIMEPart.value(headers.first { $0.name == "content-type" }?.value ?? "text/plain")
        var parts: [MIMEPart] = []
        if depth < MIMEPart.deepest, budget > 0 {
            if type.word.hasPrefix("multipart/"), let boundary = type.parameters["boundary"], !boundary.isEmpty {
                for piece in MIMEPart.pieces(body, boundary: Array(boundary.utf8)) where budget > 0 {
                    budget -= 1
                    parts.append(MIMEPart(piece, depth: depth + 1, budget: &budget))
                }
            } else if type.word == "message/rfc822" || type.word == "text/rfc822-headers"
                || type.word == "message/rfc822-headers"
            {
                budget -= 1
                parts = [MIMEPart(body, depth: depth + 1, budget: &budget)]
            }
        }
        self.parts = parts
    }

    // MARK: - Looking

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Such as `text/plain`, in lower case.
    var type: String { MIMEPart.value(header("content-type") ?? "text/plain").word }

    func parameter(_ name: String) -> String? { MIMEPart.value(header("content-type") ?? "").parameters[name] }

    /// This and all below it, outermost first.
    var all: [MIMEPart] { [self] + parts.flatMap(\.all) }

    /// The body as text, decoded; what is no text of its charset is replaced.
    var text: String {
        let bytes: [UInt8]
        switch (header("content-transfer-encoding") ?? "").lowercased().trimmingCharacters(in: .whitespaces) {
        case "base64":
            let digits = body.filter { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || $0 >= 0x2b && $0 <= 0x3d }
            bytes = Data(base64Encoded: Data(digits), options: .ignoreUnknownCharacters).map(Array.init) ?? []
        case "quoted-printable": bytes = MIMEPart.unquoted(body)
        default: bytes = Array(body)
        }
        switch parameter("charset")?.lowercased() {
        case "iso-8859-1", "iso-8859-15", "windows-1252", "latin1":
            return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: return String(decoding: bytes, as: UTF8.self)
        }
    }

    // MARK: - Taking apart

    private static func split(_ bytes: ArraySlice<UInt8>) -> ([(name: String, value: String)], ArraySlice<UInt8>) {
        var headers: [(name: String, value: String)] = []
        var line: [UInt8] = []
        var start = bytes.startIndex
        func finish() {
            guard let colon = line.firstIndex(of: 0x3a), headers.count < mostHeaders else { return }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased().trimmingCharacters(in: .whitespaces)
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self).trimmingCharacters(in: .whitespaces)
            headers.append((name, value))
        }
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.endIndex
            var content = bytes[start..<end]
            if content.last == 0x0d { content = content.dropLast() }
            let next = end < bytes.endIndex ? end + 1 : end
            if content.isEmpty {
                finish()
                return (headers, bytes[next...])
            }
            if content.first == 0x20 || content.first == 0x09, !line.isEmpty {
                if line.count < longestHeader { line += content }
            } else {
                finish()
                line = Array(content.prefix(longestHeader))
            }
            start = next
        }
        finish()
        return (headers, bytes[bytes.endIndex...])
    }

    /// What stands between the lines of a boundary.
    private static func pieces(_ body: ArraySlice<UInt8>, boundary: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var begin: Int?
        var start = body.startIndex
        while start < body.endIndex, pieces.count < mostParts {
            let end = body[start...].firstIndex(of: 0x0a) ?? body.endIndex
            let line = body[start..<end]
            let next = end < body.endIndex ? end + 1 : end
            if line.count >= boundary.count + 2, line.starts(with: [0x2d, 0x2d]),
                line.dropFirst(2).starts(with: boundary)
            {
                if let begin { pieces.append(body[begin..<start]) }
                let isLast = line.dropFirst(2 + boundary.count).starts(with: [0x2d, 0x2d])
                begin = isLast ? nil : next
                if isLast { return pieces }
            }
            start = next
        }
        if let begin, pieces.count < mostParts { pieces.append(body[begin...]) }
        return pieces
    }

    /// `word; name=value; name="value"`.
    static func value(_ text: String) -> (word: String, parameters: [String: String]) {
        let fields = String(text.unicodeScalars.prefix(1000)).split(separator: ";", maxSplits: 50)
        var parameters: [String: String] = [:]
        for field in fields.dropFirst() {
            let halves = field.split(separator: "=", maxSplits: 1)
            guard halves.count == 2 else { continue }
            let name = halves[0].trimmingCharacters(in: .whitespaces).lowercased()
            let value = halves[1].trimmingCharacters(in: .whitespaces)
            parameters[name] = value.hasPrefix("\"") ? String(value.dropFirst().prefix { $0 != "\"" }) : value
        }
        let word = fields.first.map { $0.trimmingCharacters(in: .whitespaces).lowercased() } ?? ""
        return (word, parameters)
    }

    private static func unquoted(_ body: ArraySlice<UInt8>) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x41...0x46: byte - 0x37
            case 0x61...0x66: byte - 0x57
            default: nil
            }
        }
        var out: [UInt8] = []
        out.reserveCapacity(body.count)
        var index = body.startIndex
        while index < body.endIndex {
            let byte = body[index]
            guard byte == 0x3d else {
                out.append(byte)
                index += 1
                continue
            }
            let rest = body[(index + 1)...].prefix(2)
            if rest.first == 0x0a {
                index += 2
            } else if rest.starts(with: [0x0d, 0x0a]) {
                index += 3
            } else if rest.count == 2, let high = digit(rest[index + 1]), let low = digit(rest[index + 2]) {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(byte)
                index += 1
            }
        }
        return out
    }
}
