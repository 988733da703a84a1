import JSON
import Messaging
import Testing

@testable import Server

@Suite("The page's own parts")
struct PageTests {
    @Test("its templates compile")
    func templates() throws {
        _ = try PageTemplates()
    }

    @Test(
        "the top of a chart is 1, 2 or 5 times a power of ten",
        arguments: [(0, 2), (1, 2), (2, 2), (3, 5), (6, 10), (11, 20), (501, 1000)] as [(Int64, Int64)]
    )
    func scale(most: Int64, top: Int64) {
        #expect(ThroughputChart.scale(over: most) == top)
    }

    @Test("a cell of the backlog is as dark as the logarithm of its count")
    func level() {
        #expect([0, 1, 5, 40, 200, 900, 1000].map { OverviewPage.level($0, of: 1000) } == [0, 1, 2, 3, 4, 5, 5])
        #expect(OverviewPage.level(1, of: 1) == 5)
    }

    @Test(
        "after signing in one goes to a page of this server and to no other",
        arguments: [
            ("/messages?state=held", "/messages?state=held"), ("//evil.example", "/"), ("https://evil.example", "/"),
            ("/\\evil.example", "/"), ("/a b", "/"), ("", "/"), ("/\u{9}/evil.example", "/"),
        ]
    )
    func next(path: String, expected: String) {
        #expect(FrontRoutes.local(path) == expected)
    }

    @Test("a form's fields, decoded, in order and several times")
    func form() {
        let form = Form("a=1&b=x+y%2Bz%26&a=2&c=&d")
        #expect(form["a"] == "1")
        #expect(form["b"] == "x y+z&")
        #expect(form["c"] == nil)
        #expect(form["d"] == nil)
        #expect(form.all("a") == ["1", "2"])
    }

    @Test("JSON as a person reads it keeps the text of numbers")
    func indented() throws {
        let value = try JSONValue.parse(#"{"a":10.00,"b":[1,{"c":"x\u0041"}],"d":{},"e":[]}"#)
        #expect(
            value.indented == """
                {
                  "a": 10.00,
                  "b": [
                    1,
                    {
                      "c": "x\\u0041"
                    }
                  ],
                  "d": {},
                  "e": []
                }
                """
        )
    }

    @Test(
        "a place in a message as a JSON pointer",
        arguments: [("", ""), ("to", "/to"), ("attachments[0].base64", "/attachments/0/base64"), ("a/b~c", "/a~1b~0c")]
    )
    func pointer(place: String, pointer: String) {
        #expect(Rejection(place, "").pointer == pointer)
    }
}
