import Testing

@testable import dunlin

@Suite("Strict decoding")
struct StrictDecoderTests {
    private struct Box<Value: Decodable>: Decodable {
        let value: Value
    }

    private struct Words: Decodable, Equatable {
        var giveUp: String?
        var list: [Int]?
        var map: [String: Bool]?
    }

    private struct Single: Decodable {
        let words: [Words]
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ yaml: String) throws -> Value {
        try StrictDecoder(environment: [:], file: "x.yaml").decode(type, from: yaml)
    }

    @Test("names in camelCase are keys in snake_case, and a dictionary's keys stay as they are")
    func names() throws {
        let words = try decode(Words.self, "give_up: soon\nlist: [1, 2]\nmap: {aB: true, a_b: false}")
        #expect(words == Words(giveUp: "soon", list: [1, 2], map: ["aB": true, "a_b": false]))
    }

    @Test(
        "a key without a value is as if it were not there",
        arguments: ["give_up:", "give_up: ~", "give_up: null", ""]
    )
    func null(yaml: String) throws {
        #expect(try decode(Words.self, yaml) == Words())
    }

    @Test("quotes make a text of what else is a null, a number or a switch", arguments: ["~", "null", "1", "true", ""])
    func quoted(text: String) throws {
        #expect(try decode(Words.self, "give_up: \"\(text)\"").giveUp == text)
    }

    @Test(
        "an integer must fit its type",
        arguments: [("0", nil), ("255", nil), ("256", "out"), ("-1", "out")] as [(String, String?)]
    )
    func narrow(text: String, fault: String?) throws {
        if fault == nil {
            #expect(try decode(Box<UInt8>.self, "value: \(text)").value == UInt8(text))
        } else {
            let error = #expect(throws: ConfigurationError.self) { try decode(Box<UInt8>.self, "value: \(text)") }
            #expect(error?.description == "x.yaml:1: value: \(text) is out of range")
        }
    }

    @Test("anchors and aliases are read where they are used")
    func aliases() throws {
        let box = try decode(Single.self, "words:\n  - &first {give_up: soon}\n  - *first")
        #expect(box.words == [Words(giveUp: "soon"), Words(giveUp: "soon")])
    }

    @Test("an unknown key in a list is told with its index")
    func list() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try decode(Single.self, "words:\n  - give_up: soon\n  - giveup: late")
        }
        #expect(error?.description == "x.yaml:3: words[1].giveup: unknown key; known here: give_up, list, map")
    }

    @Test("a wrong element of a list is told with its line")
    func element() throws {
        let error = #expect(throws: ConfigurationError.self) { try decode(Words.self, "list:\n  - 1\n  - two") }
        #expect(error?.description == "x.yaml:3: list[1]: a whole number is expected here, not 'two'")
    }
}
