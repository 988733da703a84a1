import JSON
import Testing

@Suite("Reading JSON")
struct JSONParsingTests {
    static let valid: [(text: String, rewritten: String)] = [
        ("null", "null"),
        ("true", "true"),
        ("false", "false"),
        (" \t\r\n1 \t\r\n", "1"),
        ("\"\"", "\"\""),
        ("[]", "[]"),
        ("{}", "{}"),
        ("[ ]", "[]"),
        ("{ }", "{}"),
        ("[1 , 2]", "[1,2]"),
        ("[[],[[]],{}]", "[[],[[]],{}]"),
        (#"{"a":{"b":[{"c":null}]},"d":[true,false]}"#, #"{"a":{"b":[{"c":null}]},"d":[true,false]}"#),
        (#"{ "a" : 1 , "b" : 2 }"#, #"{"a":1,"b":2}"#),
        (#"{"":0}"#, #"{"":0}"#),
        (#"{"a":1,"A":2,"aa":3}"#, #"{"a":1,"A":2,"aa":3}"#),
        (#"{"a":{"a":1},"b":{"a":1}}"#, #"{"a":{"a":1},"b":{"a":1}}"#),
        (#""\"\\\/\b\f\n\r\t""#, #""\"\\/\b\f\n\r\t""#),
        (#""\u0041\u00e9\u20AC\ud83d\ude00""#, "\"Aé€😀\""),
        (#""\u0000\u001f""#, #""\u0000\u001f""#),
        ("\"ünïcödé 漢字 😀 \u{7F}\"", "\"ünïcödé 漢字 😀 \u{7F}\""),
        (
            #""plain, long enough for more than one word: \n and on it goes""#,
            #""plain, long enough for more than one word: \n and on it goes""#
        ),
    ]

    @Test("a valid document shows all that it contains", arguments: valid)
    func validDocument(text: String, rewritten: String) throws {
        #expect(try JSONValue.parse(text).rewritten() == rewritten)
    }

    static let invalid: [(text: String, error: String)] = [
        ("", "line 1, column 1: a value was expected, but the text ends here"),
        ("  \n ", "line 2, column 2: a value was expected, but the text ends here"),
        ("\u{FEFF}{}", "line 1, column 1: a byte order mark must not begin the text"),
        ("{} {}", "line 1, column 4: the end was expected after the value, but '{' stands here"),
        ("1 2", "line 1, column 3: the end was expected after the value, but '2' stands here"),
        ("1\u{0}", "line 1, column 2: the end was expected after the value, but U+0000 stands here"),
        ("None", "line 1, column 1: a value was expected, but 'None' stands here"),
        ("nul", "line 1, column 1: a value was expected, but 'nul' stands here"),
        ("[tru]", "line 1, column 2: a value was expected, but 'tru' stands here"),
        ("'a'", "line 1, column 1: a value was expected, but ''' stands here"),
        ("[é]", "line 1, column 2: a value was expected, but 'é' stands here"),
        ("[\u{B}]", "line 1, column 2: a value was expected, but U+000B stands here"),
        ("{", "line 1, column 2: a name in double quotes or a '}' was expected, but the text ends here"),
        ("{a:1}", "line 1, column 2: a name in double quotes or a '}' was expected, but 'a' stands here"),
        (#"{"a":1,}"#, "line 1, column 8: a name in double quotes was expected, but '}' stands here"),
        (#"{"a" 1}"#, "line 1, column 6: a ':' was expected after the name, but '1' stands here"),
        (#"{"a":}"#, "line 1, column 6: a value was expected, but '}' stands here"),
        (#"{"a":1 "b":2}"#, "line 1, column 8: a ',' or '}' was expected, but '\"' stands here"),
        ("{\"a\": 1,\n \"b\": 2 x}", "line 2, column 9: a ',' or '}' was expected, but 'x' stands here"),
        (#"{"a":1]"#, "line 1, column 7: a ',' or '}' was expected, but ']' stands here"),
        ("[1", "line 1, column 3: a ',' or ']' was expected, but the text ends here"),
        ("[1 2]", "line 1, column 4: a ',' or ']' was expected, but '2' stands here"),
        ("[1}", "line 1, column 3: a ',' or ']' was expected, but '}' stands here"),
        ("[1,]", "line 1, column 4: a value was expected after the ',', but ']' stands here"),
        ("[,1]", "line 1, column 2: a value was expected, but ',' stands here"),
        ("01", "line 1, column 1: a number must not begin with a 0 that more digits follow"),
        ("[-00]", "line 1, column 2: a number must not begin with a 0 that more digits follow"),
        ("-", "line 1, column 2: a digit was expected in the number, but the text ends here"),
        ("+1", "line 1, column 1: a value was expected, but '+' stands here"),
        (".5", "line 1, column 1: a value was expected, but '.' stands here"),
        ("[1.]", "line 1, column 4: a digit was expected in the number, but ']' stands here"),
        ("1e", "line 1, column 3: a digit was expected in the number, but the text ends here"),
        ("1e+x", "line 1, column 4: a digit was expected in the number, but 'x' stands here"),
        ("-Infinity", "line 1, column 2: a digit was expected in the number, but 'Infinity' stands here"),
        ("0x10", "line 1, column 2: the end was expected after the value, but 'x' stands here"),
        (#"["é", "abc]"#, "line 1, column 7: the string that begins here is not closed"),
        (#"["abc\"#, "line 1, column 2: the string that begins here is not closed"),
        (#""a\n"#, "line 1, column 1: the string that begins here is not closed"),
        ("\"a\nb\"", "line 1, column 3: the control character U+000A must be escaped in a string"),
        ("\"\u{1F}\"", "line 1, column 2: the control character U+001F must be escaped in a string"),
        ("\"\\n\u{0}\"", "line 1, column 4: the control character U+0000 must be escaped in a string"),
        (#""\q""#, #"line 1, column 2: the escape '\q' is not known"#),
        (#""\u12g4""#, #"line 1, column 2: four hexadecimal digits were expected after '\u'"#),
        (#""\u12"#, #"line 1, column 2: four hexadecimal digits were expected after '\u'"#),
        (#""a\ud800""#, #"line 1, column 3: the surrogate '\ud800' lacks its other half"#),
        (#""\udc00\ud800""#, #"line 1, column 2: the surrogate '\udc00' lacks its other half"#),
        (#""\ud83dA""#, #"line 1, column 2: the surrogate '\ud83d' lacks its other half"#),
        (#""\ud83d\u0041""#, #"line 1, column 2: the surrogate '\ud83d' lacks its other half"#),
        (#"{"a":1,"b":2,"a":3}"#, "line 1, column 14: the name \"a\" stands twice in this object"),
        (#"{"a":1,"\u0061":2}"#, #"line 1, column 8: the name "\u0061" stands twice in this object"#),
        (#"{"":1,"":2}"#, "line 1, column 7: the name \"\" stands twice in this object"),
    ]

    @Test("a flaw is named with its place", arguments: invalid)
    func invalidDocument(text: String, error: String) {
        #expect(failure(Array(text.utf8)) == error)
    }

    static let notUTF8: [(bytes: [UInt8], error: String)] = [
        ([0x80], "line 1, column 2: the byte 0x80 is not valid UTF-8 here"),
        ([0x61, 0xFF], "line 1, column 3: the byte 0xFF is not valid UTF-8 here"),
        ([0xC0, 0x80], "line 1, column 2: the byte 0xC0 is not valid UTF-8 here"),
        ([0xC3], "line 1, column 2: the byte 0xC3 is not valid UTF-8 here"),
        ([0xE0, 0x80, 0x80], "line 1, column 2: the byte 0xE0 is not valid UTF-8 here"),
        ([0xED, 0xA0, 0x80], "line 1, column 2: the byte 0xED is not valid UTF-8 here"),
        ([0xF0, 0x80, 0x80, 0x80], "line 1, column 2: the byte 0xF0 is not valid UTF-8 here"),
        ([0xF4, 0x90, 0x80, 0x80], "line 1, column 2: the byte 0xF4 is not valid UTF-8 here"),
        ([0xF5, 0x80, 0x80, 0x80], "line 1, column 2: the byte 0xF5 is not valid UTF-8 here"),
        ([0x5C, 0x6E, 0xE2, 0x82], "line 1, column 4: the byte 0xE2 is not valid UTF-8 here"),
    ]

    @Test("a string that is not UTF-8 is refused", arguments: notUTF8)
    func invalidUTF8(bytes: [UInt8], error: String) {
        #expect(failure([0x22] + bytes + [0x22]) == error)
    }

    @Test("nesting is limited", arguments: ["[", "{\"a\":"])
    func nesting(bracket: String) throws {
        let close = bracket == "[" ? "]" : "}"
        let deep = { (depth: Int) in
            String(repeating: bracket, count: depth) + "1" + String(repeating: close, count: depth)
        }
        #expect(try JSONValue.parse(deep(64)).count == 1)
        #expect(
            failure(Array(deep(65).utf8))
                == "line 1, column \(64 * bracket.count + 1): arrays and objects are nested deeper than 64 levels"
        )
        #expect(failure(Array(String(repeating: bracket, count: 1_000_000).utf8)) != nil)
        #expect(try JSONValue.parse("[[]]", limits: JSONLimits(depth: 2)).count == 1)
    }

    @Test("a text that is too large is refused unread")
    func size() {
        let limits = JSONLimits(bytes: 4)
        #expect(failure(Array("1234".utf8), limits: limits) == nil)
        #expect(
            failure(Array("12345".utf8), limits: limits)
                == "line 1, column 1: the text has 5 bytes; at most 4 are allowed"
        )
    }

    @Test("a name that stands twice is found among many", arguments: [2, 23, 24, 25, 26, 100, 5000])
    func duplicateAmongMany(count: Int) {
        let names = (0..<count).map { "\"name\($0)\":[{}]" }
        #expect(failure(Array("{\(names.joined(separator: ","))}".utf8)) == nil)
        let again = names + ["\"name\(count / 2)\":0"]
        let found = failure(Array("{\(again.joined(separator: ","))}".utf8))
        #expect(found?.hasSuffix("the name \"name\(count / 2)\" stands twice in this object") == true)
    }

    @Test("a slice is read from its own beginning")
    func slice() throws {
        let line = Array("xx[1,2]yy".utf8)
        #expect(try JSONValue.parse(line[2..<7]).count == 2)
        #expect(throws: JSONError.self) { try JSONValue.parse(line[2...]) }
    }

    private func failure(_ bytes: [UInt8], limits: JSONLimits = .standard) -> String? {
        do {
            _ = try JSONValue.parse(bytes, limits: limits)
            return nil
        } catch {
            return error.description
        }
    }
}
