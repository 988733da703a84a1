import Curl
import Testing

@Suite("An address of the public internet")
struct PublicAddressTests {
    @Test(
        "is one",
        arguments: [
            "8.8.8.8", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:2800:220:1::1",
            "::ffff:8.8.8.8",
        ]
    )
    func isPublic(text: String) throws {
        #expect(PublicAddress.isPublic(try #require(PublicAddress.bytes(of: text))))
    }

    @Test(
        "is none: this machine, private networks, link-local, multicast, documentation, and IPv4 inside IPv6",
        arguments: [
            "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.1.1", "169.254.169.254", "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
            "255.255.255.255",
            "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2001::1", "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1", "2002:7f00:1::", "100::1",
        ]
    )
    func isNotPublic(text: String) throws {
        #expect(!PublicAddress.isPublic(try #require(PublicAddress.bytes(of: text))))
    }

    @Test("is not a name")
    func name() {
        #expect(PublicAddress.bytes(of: "example.com") == nil)
    }
}
