import Foundation

/// Reads a header value back as RFC 2047 says, strictly; throws at what it does not allow.
enum EncodedWordReader {
    struct Problem: Error { let text: String }

    /// The text of an unstructured value that stands, folded, behind `Name:`.
    static func decode(_ value: String) throws -> String {
        var text = ""
        var afterWord = false
        var space = ""
        var rest = value.replacingOccurrences(of: "\r\n", with: "")[...]
        guard rest.popFirst() == " " else { throw Problem(text: "no space at the beginning") }
        while !rest.isEmpty {
            if rest.first == " " {
                space.append(rest.removeFirst())
                continue
            }
            let word = rest.prefix { $0 != " " }
            rest = rest.dropFirst(word.count)
            if let decoded = try decodeWord(String(word)) {
                text += (afterWord ? "" : space) + decoded
                afterWord = true
            } else {
                text += space + word
                afterWord = false
            }
            space = ""
        }
        return text + space
    }

    private static func decodeWord(_ word: String) throws -> String? {
        guard word.hasPrefix("=?") else {
            if word.contains("=?") { throw Problem(text: "encoded-word inside a word") }
            return nil
        }
        guard word.utf8.count <= 75 else { throw Problem(text: "word of \(word.utf8.count)") }
        let fields = word.split(separator: "?", omittingEmptySubsequences: false)
        guard fields.count == 5, fields[0] == "=", fields[4] == "=", fields[1] == "utf-8" else {
            throw Problem(text: "malformed word \(word)")
        }
        var bytes: [UInt8] = []
        if fields[2] == "B" {
            guard let data = Data(base64Encoded: String(fields[3])) else { throw Problem(text: "malformed base64") }
            bytes = Array(data)
        } else {
            var characters = Array(fields[3].utf8)[...]
            while let byte = characters.popFirst() {
                if byte == 0x3d {
                    guard let code = UInt8(String(decoding: characters.prefix(2), as: UTF8.self), radix: 16) else {
                        throw Problem(text: "malformed escape")
                    }
                    bytes.append(code)
                    characters = characters.dropFirst(2)
                } else {
                    bytes.append(byte == 0x5f ? 0x20 : byte)
                }
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Problem(text: "a character is split") }
        return text
    }
}
