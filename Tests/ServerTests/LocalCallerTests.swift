import HTTPTypes
import NIOCore
import Testing

@testable import Server

@Suite("A caller without a token")
struct LocalCallerTests {
    private func refusal(
        _ address: String = "127.0.0.1",
        host: String? = "127.0.0.1:8025",
        _ headers: [String: String] = [:]
    ) throws -> String? {
        var fields = HTTPFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        return LocalCaller.refusal(
            address: try SocketAddress(ipAddress: address, port: 4000),
            host: host,
            headers: fields
        )
    }

    @Test(
        "is admitted from this machine",
        arguments: [
            ("127.0.0.1", "localhost:8025"), ("127.0.0.1", "LOCALHOST"), ("127.8.9.1", "127.0.0.1"),
            ("::1", "[::1]:8025"),
            ("::1", "[::1]"), ("::ffff:127.0.0.1", "localhost"),
        ]
    )
    func local(address: String, host: String) throws {
        #expect(try refusal(address, host: host) == nil)
    }

    @Test("is refused from elsewhere", arguments: ["192.168.1.2", "203.0.113.9", "fe80::1", "::ffff:10.0.0.1"])
    func elsewhere(address: String) throws {
        #expect(try refusal(address) != nil)
    }

    @Test(
        "is refused behind a proxy, and from a browser",
        arguments: [
            "Forwarded", "X-Forwarded-For", "X-Real-IP", "Via", "Origin", "Referer", "Sec-Fetch-Site",
            "CF-Connecting-IP",
        ]
    )
    func headers(name: String) throws {
        let refusal = try #require(try refusal(host: "localhost", [name: "x"]))
        #expect(refusal.contains(name))
        #expect(refusal.contains("dunlin token create"))
    }

    @Test(
        "is refused under a name that is not this machine's",
        arguments: ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8025", "", nil]
    )
    func host(name: String?) throws {
        #expect(try refusal(host: name) != nil)
    }
}
