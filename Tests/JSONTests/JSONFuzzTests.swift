import JSON
import TestSupport
import Testing

@Suite("Random JSON")
struct JSONFuzzTests {
    @Test("a random document comes back as it was written", arguments: 0..<50)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            var writer = JSONWriter()
            write(depth: 6, to: &writer, using: &generator)
            #expect(try JSONValue.parse(writer.bytes).rewritten() == writer.text)
        }
    }

    @Test("a damaged document is refused, or read as what it then says", arguments: 0..<50)
    func mutation(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 1000)
        let fragments = [
            "\"", "\\", "\\u", "\\ud83d", "{", "}", "[", "]", ",", ":", "-", "0", "e", ".", "\u{0}", "é", " ",
        ]
        for _ in 0..<200 {
            var writer = JSONWriter()
            write(depth: 4, to: &writer, using: &generator)
            var bytes = writer.bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: (fragments.randomElement(using: &generator) ?? "").utf8, at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            do {
                let value = try JSONValue.parse(bytes)
                let text = value.rewritten()
                #expect(try JSONValue.parse(text).rewritten() == text)
            } catch {
                #expect(error.offset <= bytes.count)
                #expect(error.line >= 1 && error.column >= 1)
            }
        }
    }

    private func write(depth: Int, to writer: inout JSONWriter, using generator: inout SeededGenerator) {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
        case 0: writer.null()
        case 1: writer.bool(.random(using: &generator))
        case 2: writer.integer(Int64.random(in: .min ... .max, using: &generator))
        case 3:
            let digits = String(UInt32.random(in: 0 ... .max, using: &generator))
            writer.raw("-0.\(digits)e+\(digits)".utf8)
        case 4: writer.string(text(using: &generator))
        case 5, 6:
            writer.beginObject()
            for index in 0..<Int.random(in: 0..<40, using: &generator) / depth {
                writer.name("\(text(using: &generator))\(index)")
                write(depth: depth - 1, to: &writer, using: &generator)
            }
            writer.endObject()
        default:
            writer.beginArray()
            for _ in 0..<Int.random(in: 0..<10, using: &generator) {
                write(depth: depth - 1, to: &writer, using: &generator)
            }
            writer.endArray()
        }
    }

    private func text(using generator: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<20, using: &generator) {
            let range: ClosedRange<UInt32> = Bool.random(using: &generator) ? 0...0x7F : 0x80...0x1FFFF
            text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: range, using: &generator)) ?? "?")
        }
        return text
    }
}
