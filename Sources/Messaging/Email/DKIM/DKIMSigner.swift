import Crypto
import Foundation

/// Signs mail of a domain (RFC 6376), relaxed in headers and body.
///
/// It signs what a reader is shown and what a mail program acts on, and one more of each that must stand once, so that none
/// can be added on the way. The same message gives the same signature.
struct DKIMSigner: Sendable {
    let key: DKIMKey
    let domain: String
    let selector: String

    /// Signed where they are there, in this order.
    private static let signed = [
        "From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
        "List-Id",
    ]
    /// Signed once more than they are there.
    private static let oversigned: Set<String> = [
        "From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "Content-Type", "List-Unsubscribe",
        "List-Unsubscribe-Post",
    ]

    /// The signature's header field, to stand before a message.
    ///
    /// - Parameters:
    ///   - message: whole, its lines ended by CRLF.
    ///   - time: seconds since 1970.
    func header(for message: [UInt8], time: Int64) throws -> [UInt8] {
        let (fields, body) = DKIMCanonical.split(message)
        var names: [String] = []
        var data: [UInt8] = []
        for name in DKIMSigner.signed {
            let lower = name.lowercased()
            let found = fields.filter { $0.name == lower }
            // Of several the last is signed first (RFC 6376, 5.4.2).
            for field in found.reversed() {
                names.append(name)
                data += field.canonical + [0x0d, 0x0a]
            }
            if DKIMSigner.oversigned.contains(name) { names.append(name) }
        }
        let hash = Data(SHA256.hash(data: DKIMCanonical.body(body))).base64EncodedString()
        let head =
            "DKIM-Signature: v=1; a=\(key.algorithm.rawValue)-sha256; c=relaxed/relaxed;\r\n"
            + "\td=\(domain); s=\(selector); t=\(time);\r\n\th=\(DKIMSigner.folded(names));\r\n\tbh=\(hash);\r\n\tb="
        data += DKIMCanonical.field(Array(head.utf8))
        let signature = try key.signature(of: data).base64EncodedString()
        return Array((head + DKIMSigner.folded(signature) + "\r\n").utf8)
    }

    /// Names with colons between, in lines of at most 76.
    private static func folded(_ names: [String]) -> String {
        var text = ""
        var column = 3
        for (index, name) in names.enumerated() {
            let word = name + (index == names.count - 1 ? "" : ":")
            if column + word.utf8.count > 75 {
                text += "\r\n\t "
                column = 2
            }
            text += word
            column += word.utf8.count
        }
        return text
    }

    private static func folded(_ base64: String) -> String {
        var lines: [Substring] = []
        var rest = Substring(base64)
        var room = 70
        while !rest.isEmpty {
            lines.append(rest.prefix(room))
            rest = rest.dropFirst(room)
            room = 72
        }
        return lines.joined(separator: "\r\n\t ")
    }
}

/// The relaxed forms of RFC 6376, 3.4.2 and 3.4.4.
enum DKIMCanonical {
    struct Field {
        /// In lower case.
        let name: String
        /// `name:value`, without its line end.
        let canonical: [UInt8]
    }

    /// The header fields of a message, in order, and its body.
    static func split(_ message: [UInt8]) -> (fields: [Field], body: ArraySlice<UInt8>) {
        var fields: [Field] = []
        var start = 0
        var index = 0
        while index < message.count {
            guard message[index] == 0x0a else {
                index += 1
                continue
            }
            let next = index + 1
            // A line that begins with white space goes on.
            if next < message.count, message[next] == 0x20 || message[next] == 0x09 {
                index = next
                continue
            }
            let canonical = field(message[start..<next])
            if let colon = canonical.firstIndex(of: 0x3a) {
                fields.append(
                    Field(name: String(decoding: canonical[..<colon], as: UTF8.self), canonical: canonical)
                )
            }
            start = next
            index = next
            if next + 1 < message.count, message[next] == 0x0d, message[next + 1] == 0x0a {
                return (fields, message[(next + 2)...])
            }
            if next < message.count, message[next] == 0x0a { return (fields, message[(next + 1)...]) }
        }
        return (fields, message[message.count...])
    }

    /// A field unfolded, its name in lower case, white space as one space each and none at the ends.
    static func field(_ raw: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(raw.count)
        var isName = true
        var hasSpace = false
        for byte in raw {
            switch byte {
            case 0x0d, 0x0a: continue
            case 0x20, 0x09: hasSpace = true
            case 0x3a where isName:
                isName = false
                hasSpace = false
                out.append(byte)
            default:
                if hasSpace, !out.isEmpty, out.last != 0x3a || !isAtValue(out) { out.append(0x20) }
                hasSpace = false
                out.append(isName && byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte)
            }
        }
        return out
    }

    /// Whether nothing of the value is there yet: white space before it is dropped.
    private static func isAtValue(_ out: [UInt8]) -> Bool { out.firstIndex(of: 0x3a) == out.count - 1 }

    /// White space within lines as one space, none at their ends, no empty lines at the end.
    static func body(_ raw: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(raw.count)
        var hasSpace = false
        /// Line ends that are written when something follows.
        var ends = 0
        for byte in raw {
            switch byte {
            case 0x0d: continue
            case 0x0a:
                ends += 1
                hasSpace = false
            case 0x20, 0x09: hasSpace = true
            default:
                for _ in 0..<ends { out += [0x0d, 0x0a] }
                ends = 0
                if hasSpace { out.append(0x20) }
                hasSpace = false
                out.append(byte)
            }
        }
        if !out.isEmpty { out += [0x0d, 0x0a] }
        return out
    }
}
