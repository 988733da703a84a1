import Foundation
import TestSupport
import Testing

@Suite("dunlin dkim")
struct DKIMCommandTests {
    private struct Options: Encodable {
        let records: [String: String]
        let broken: [String]
    }

    @Test(
        "makes a key that nobody else may read, shows its record, and finds it in the DNS or says what is wrong there"
    )
    func checks() async throws {
        let folder = try TemporaryFolder()
        var keys: [String] = []
        for (selector, type) in [("good", "rsa"), ("other", "ed25519"), ("gone", "ed25519"), ("broken", "ed25519")] {
            let file = folder.path("\(selector).pem")
            let made = try await Site(nil).run(
                "dkim",
                "new",
                "--selector",
                selector,
                "--domain",
                "acme.example",
                "--type",
                type,
                "--out",
                file
            )
            #expect(made.contains("\(selector)._domainkey.acme.example. IN TXT ( \"v=DKIM1; k=\(type); p="))
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            keys.append("{selector: \(selector), key: \"\(file)\"}")
        }
        let again = try await Site(nil).dunlin(
            "dkim",
            "new",
            "--selector",
            "x",
            "--domain",
            "acme.example",
            "--out",
            folder.path("good.pem")
        )
        #expect(again.code == 73 && again.errors.contains("is there already"))
        let site = try Site(Site.brands + "    dkim: [\(keys.dropLast().joined(separator: ", "))]\n")
        let lines = try await site.run("dkim", "dns").split(separator: "\n")
        #expect(lines.count == 3)
        let record = try #require(lines.first { $0.contains("good.") }?.firstMatch(of: /\( (.+) \)/)).output.1
        let names = try await Peer(
            "names",
            Options(
                records: [
                    "good._domainkey.acme.example": String(record).replacing("\" \"", with: "").replacing(
                        "\"",
                        with: ""
                    ),
                    "other._domainkey.acme.example": "v=DKIM1; k=ed25519; p=AAAA",
                ],
                broken: ["broken._domainkey.acme.example"]
            )
        )
        let check = try await site.dunlin("dkim", "check", "--server", "127.0.0.1:\(names.port)")
        #expect(check.code == 1)
        for (selector, words) in [
            ("good", "it stands there"), ("other", "another key stands there"), ("gone", "there is no such record"),
        ] {
            let line = check.output.split(separator: "\n").first { $0.hasPrefix("\(selector)._domainkey") } ?? ""
            #expect(line.contains(words), "\(check.output)")
        }
        let broken = try Site(Site.brands + "    dkim: [\(keys[3])]\n")
        let failed = try await broken.dunlin("dkim", "check", "--server", "127.0.0.1:\(names.port)")
        #expect(failed.code == 69 && failed.errors.contains("cannot be asked now"))
    }

    @Test("a key that is not there, or is none, is told with its place before anything is sent")
    func faults() async throws {
        let site = try Site(Site.brands + "    dkim: [{selector: s1, key: nothing.pem}]\n")
        let missing = try await site.dunlin("work", "--until-empty")
        #expect(missing.code == 78 && missing.errors.contains("brands.acme.dkim[0].key"), "\(missing.errors)")
        try site.folder.write("no key", to: "nothing.pem")
        let none = try await site.dunlin("work", "--until-empty")
        #expect(none.code == 78 && none.errors.contains("it is no private key"), "\(none.errors)")
    }
}
