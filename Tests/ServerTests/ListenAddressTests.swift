import Testing

@testable import Server

@Suite("Where the server listens")
struct ListenAddressTests {
    @Test(
        "an address and a port",
        arguments: [
            ("127.0.0.1:8025", "127.0.0.1", 8025, true), ("localhost:0", "localhost", 0, true),
            ("[::1]:80", "::1", 80, true),
            ("0.0.0.0:8025", "0.0.0.0", 8025, false), ("[::]:8025", "::", 8025, false),
            ("a.example:1", "a.example", 1, false),
        ]
    )
    func reads(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(
        "nothing else",
        arguments: ["", "8025", ":8025", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "a:-1"]
    )
    func refuses(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
