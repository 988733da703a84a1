import TestSupport
import Testing

@Suite("dunlin opt-out import and export")
struct OptOutFileTests {
    static let csv = """
        address,channel,brand,category,source,note,at,address_only
        ada@example.com,email,acme,,phone,"said ""no"", twice",2026-01-02T03:04:05Z,
        +44 20 7946 0958,sms,,,letter,,2026-01-02T03:04:06Z,true
        Ünal@bücher.example,,,commercial,web,"two
        lines",2026-01-02T03:04:07.125Z,
        hash:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff,,,,link,,2026-01-02T03:04:08Z,

        """

    @Test("what is exported can be imported again, and says the same")
    func roundTrip() async throws {
        let first = try Site(Site.brands)
        #expect(try await first.run("opt-out", "import", input: Self.csv) == "4 taken in, 0 there already.\n")
        #expect(try await first.run("opt-out", "import", input: Self.csv) == "0 taken in, 4 there already.\n")
        let exported = try await first.run("opt-out", "export")
        #expect(exported == Self.csv)
        let second = try Site(Site.brands)
        try second.folder.write(exported, to: "no.csv")
        #expect(try await second.run("opt-out", "import", "no.csv") == "4 taken in, 0 there already.\n")
        #expect(try await second.run("opt-out", "export") == exported)
        #expect(try await second.dunlin("opt-out", "check", "(+44) 20-7946-0958").code == 1)
        #expect(try await second.dunlin("opt-out", "check", "ünal@xn--bcher-kva.example").code == 1)
    }

    struct Fault {
        let csv: String
        let message: String
    }

    @Test(
        "a bad line is told of, and nothing is taken in",
        arguments: [
            Fault(
                csv: "address,channel\na@b.example,email\nx@y.example,fax\n",
                message: "line 3: there is no channel 'fax'; nothing was taken in"
            ),
            Fault(
                csv: "nope\nx\n",
                message:
                    "line 1: a column 'address' is expected; known: address, channel, brand, category, source, note, at, address_only"
            ),
            Fault(
                csv: "address,nope\nx,y\n",
                message:
                    "line 1: unknown column 'nope'; known: address, channel, brand, category, source, note, at, address_only"
            ),
            Fault(
                csv: "address,note\na@b.example\n",
                message: "line 2: 2 fields are expected, not 1; nothing was taken in"
            ),
            Fault(csv: "address,note\n,x\n", message: "line 2: the address is missing; nothing was taken in"),
            Fault(
                csv: "address,at\na@b.example,monday\n",
                message: "line 2: at: 'monday' is no time: write it like 2026-11-30T09:00:00Z; nothing was taken in"
            ),
            Fault(
                csv: "address,address_only\na@b.example,yes\n",
                message: "line 2: address_only: it is true or false; nothing was taken in"
            ),
            Fault(csv: "address,note\na@b.example,\"x\n", message: "line 2: a quoted field without its end"),
        ]
    )
    func fault(_ fault: Fault) async throws {
        let site = try Site(nil)
        try await site.begin()
        let outcome = try await site.dunlin("opt-out", "import", input: fault.csv)
        #expect(outcome.code == 65)
        #expect(outcome.errors == "dunlin: \(fault.message)\n")
        #expect(try await site.status().optOuts == 0)
    }
}
