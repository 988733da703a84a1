import JSON
import Testing

@Suite("What a JSON value shows")
struct JSONValueTests {
    static let numbers: [(text: String, integer: Int64?, double: Double?)] = [
        ("0", 0, 0),
        ("-0", 0, -0.0),
        ("10.00", nil, 10),
        ("1.0", nil, 1),
        ("1e3", nil, 1000),
        ("1E-2", nil, 0.01),
        ("9223372036854775807", .max, 9.223372036854775807e18),
        ("-9223372036854775808", .min, -9.223372036854775808e18),
        ("9223372036854775808", nil, 9.223372036854775808e18),
        ("0.1000000000000000055511151231257827", nil, 0.1),
        ("1e999", nil, nil),
    ]

    @Test("a number keeps its text", arguments: numbers)
    func number(text: String, integer: Int64?, double: Double?) throws {
        let value = try JSONValue.parse(text)
        #expect(value.kind == .number)
        #expect(value.numberText == text)
        #expect(value.integer == integer)
        #expect(value.double == double)
    }

    @Test("a value is nothing but what it is")
    func kinds() throws {
        let values = try JSONValue.parse(#"[null, true, 1, "1", [1], {"a": 1}]"#).elements.map { $0 }
        #expect(values.map(\.kind) == [.null, .bool, .number, .string, .array, .object])
        #expect(values.map(\.isNull) == [true, false, false, false, false, false])
        #expect(values.map(\.bool) == [nil, true, nil, nil, nil, nil])
        #expect(values.map(\.integer) == [nil, nil, 1, nil, nil, nil])
        #expect(values.map(\.double) == [nil, nil, 1, nil, nil, nil])
        #expect(values.map(\.numberText) == [nil, nil, "1", nil, nil, nil])
        #expect(values.map(\.string) == [nil, nil, nil, "1", nil, nil])
        #expect(values.map(\.count) == [0, 0, 0, 0, 1, 1])
        #expect(values.map { $0.elements.map { $0 }.count } == [0, 0, 0, 0, 1, 0])
        #expect(values.map { $0.members.map { $0 }.count } == [0, 0, 0, 0, 0, 1])
        #expect(values.map { $0["a"] == nil } == [true, true, true, true, true, false])
    }

    @Test(
        "a member is found by its name, whatever the name's length",
        arguments: [
            "", "a", "ab", "abc", "abcd", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghijklmnopq", "é", "a\"b\\",
        ]
    )
    func subscripting(name: String) throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("other", true)
        writer.member("\(name)x", "longer")
        writer.member(name, "this one")
        if !name.isEmpty { writer.member("\(name.dropLast())~", "last byte differs") }
        writer.endObject()
        let value = try JSONValue.parse(writer.bytes)
        #expect(value[name]?.string == "this one")
        #expect(value[Array(name.utf8)]?.string == "this one")
        #expect(value[name + "y"] == nil)
    }

    @Test("the bytes as written can be kept")
    func raw() throws {
        let value = try JSONValue.parse(#"{"vars": { "total": 10.00, "name": "\u0041" } , "x": 1}"#)
        #expect(String(decoding: value["vars"]?.raw ?? [], as: UTF8.self) == #"{ "total": 10.00, "name": "\u0041" }"#)
        #expect(String(decoding: value["vars"]?["name"]?.raw ?? [], as: UTF8.self) == #""\u0041""#)
        var bytes: [UInt8] = []
        value["vars"]?["name"]?.appendText(to: &bytes)
        value["vars"]?["total"]?.appendText(to: &bytes)
        value["vars"]?["total"]?.appendRaw(to: &bytes)
        #expect(bytes == Array("A10.0010.00".utf8))
        #expect(value["vars"]?["name"]?.withUTF8 { $0.count } == 1)
        #expect(value["vars"]?["name"]?.isString("A") == true)
        #expect(value["x"]?.isString("1") == false)
    }

    @Test("a value knows its place")
    func places() throws {
        let value = try JSONValue.parse("{\n  \"é\": [1, {\"a/b~c\": \"x\"}],\r\n  \"z\": 2}")
        let inner = try #require(value["é"]?.elements.map { $0 }.last?["a/b~c"])
        #expect(inner.pointer == "/é/1/a~1b~0c")
        #expect(inner.position == TextPosition(line: 2, column: 22))
        #expect(value.pointer == "")
        #expect(value["z"]?.pointer == "/z")
        #expect(value["z"]?.line == 3)
        #expect(value["z"]?.column == 8)
        #expect(value.members.map(\.name.pointer) == ["/é", "/z"])
    }

    @Test("a value outlives every other reference to its document")
    func lifetime() throws {
        let name = try JSONValue.parse(#"{"a":{"b":"text"}}"#)["a"]?["b"]
        #expect(name?.string == "text")
    }
}
