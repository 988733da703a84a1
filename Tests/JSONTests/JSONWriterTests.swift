import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test("commas stand where they belong")
    func document() throws {
        let kept = try JSONValue.parse(#"[{"total": 10.00}]"#)
        var writer = JSONWriter(appendingTo: Array("data: ".utf8))
        writer.beginObject()
        writer.member("text", "a\"b")
        writer.member("count", 3)
        writer.member("done", false)
        writer.member("kept", kept)
        writer.name("list")
        writer.beginArray()
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.null()
        writer.double(0.5)
        writer.double(.infinity)
        writer.integer(UInt64.max)
        writer.string(utf8: Array("é".utf8))
        writer.raw("1.50".utf8)
        writer.endArray()
        writer.endObject()
        #expect(
            writer.text == #"data: {"text":"a\"b","count":3,"done":false,"kept":[{"total": 10.00}],"#
                + #""list":[[],{},null,0.5,null,18446744073709551615,"é",1.50]}"#
        )
    }

    /// The writer looks at eight bytes at a time: the byte stands at each place of such a word, and behind the last.
    @Test("a string with any ASCII at any place comes back as it was", arguments: 0..<128)
    func escapes(code: UInt8) throws {
        for place in 0..<20 {
            for behind in ["", "é", "\u{10FFFF}z", " \"\\\n"] {
                let text = String(repeating: "a", count: place) + String(Unicode.Scalar(code)) + behind
                var bytes: [UInt8] = []
                appendJSONString(text, to: &bytes)
                #expect(try JSONValue.parse(bytes).string == text)
                #expect(!bytes.contains { $0 < 0x20 })
            }
        }
    }
}
