import Testing

@testable import Messaging

@Suite("Email addresses")
struct EmailAddressTests {
    @Test(
        "good addresses keep what was given and get the path for the wire",
        arguments: [
            ("ada@example.com", "ada@example.com"),
            ("  ada@example.com\t", "ada@example.com"),
            ("Ada.Lovelace+x@EXAMPLE.com", "Ada.Lovelace+x@example.com"),
            ("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"),
            ("ada@example.com.", "ada@example.com"),
            ("ada@localhost", "ada@localhost"),
            ("ada@a-b.c--d.x1", "ada@a-b.c--d.x1"),
            ("ada@1.2.3.example", "ada@1.2.3.example"),
            ("\"odd one\"@example.com", "\"odd one\"@example.com"),
            ("\"a@b\"@example.com", "\"a@b\"@example.com"),
            ("\"a\\\"b\\\\\"@example.com", "\"a\\\"b\\\\\"@example.com"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@BÜCHER.Example", "ada@xn--bcher-kva.example"),
            ("ada@bu\u{308}cher.example", "ada@xn--bcher-kva.example"),
            ("ada@straße.example", "ada@xn--strae-oqa.example"),
            ("ada@пример.рф", "ada@xn--e1afmkfd.xn--p1ai"),
            ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),
            ("ada@مثال.إختبار", "ada@xn--mgbh0fb.xn--kgbechtv"),
            ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--i-7iq.example", "ada@xn--i-7iq.example"),
            ("дарья@пример.рф", "дарья@xn--e1afmkfd.xn--p1ai"),
            ("😀@example.com", "😀@example.com"),
        ]
    )
    func good(text: String, path: String) throws {
        let address = try EmailAddress(parsing: text)
        #expect(address.smtpPath == path)
        #expect(address.description == text.trimmingSpaces)
        #expect(address.pathLength == path.utf8.count)
        #expect(address.needsSMTPUTF8 == !address.localPart.utf8.allSatisfy { $0 < 0x80 })
        #expect(try EmailAddress(parsing: address.smtpPath).smtpPath == path)
    }

    @Test(
        "bad addresses are refused with the problem and its remedy",
        arguments: [
            ("", "The address is empty: write it like ada@example.com."),
            (" \t ", "The address is empty: write it like ada@example.com."),
            ("ada", "The address has no \"@\": write it like ada@example.com."),
            ("ada lovelace", "The address has no \"@\": write it like ada@example.com."),
            ("\"ada\"", "The address has no \"@\": write it like ada@example.com."),
            ("@example.com", "There is nothing before the \"@\": write the address like ada@example.com."),
            ("ada@", "There is nothing after the \"@\": write the address like ada@example.com."),
            (
                "ada@b@example.com",
                "The address has more than one \"@\": write it like ada@example.com, one address only."
            ),
            ("ada@example.com,bob@example.com", "There is more than one address: give each its own message."),
            ("ada@example.com; bob@example.com", "There is more than one address: give each its own message."),
            ("ada@example.com bob@example.com", "There is more than one address: give each its own message."),
            ("ada, bob@example.com", "There is more than one address: give each its own message."),
            ("ada@example.com (work)", "There is text behind the address, \" (work)\": remove it."),
            (
                "ada@example.com(work)",
                "Comments in parentheses are not supported: "
                    + "remove them, or put a name that has them in double quotes."
            ),
            (
                "<ada@example.com>",
                "There is more than an address here: "
                    + "give the address alone, like ada@example.com, without name and brackets."
            ),
            (
                ".ada@example.com",
                "The part before the \"@\" begins or ends with a dot, or has two in a row: "
                    + "correct it, or put that part in double quotes if the address really is so."
            ),
            (
                "ada.@example.com",
                "The part before the \"@\" begins or ends with a dot, or has two in a row: "
                    + "correct it, or put that part in double quotes if the address really is so."
            ),
            (
                "a..b@example.com",
                "The part before the \"@\" begins or ends with a dot, or has two in a row: "
                    + "correct it, or put that part in double quotes if the address really is so."
            ),
            (
                "a b@example.com",
                "The part before the \"@\" contains \" \": "
                    + "remove it, or put that part in double quotes if the address really is so."
            ),
            (
                "mailto:ada@example.com",
                "The part before the \"@\" contains \":\": "
                    + "remove it, or put that part in double quotes if the address really is so."
            ),
            ("\"ada@example.com", "A double quote is opened and never closed: add the second one."),
            ("ada@example.com\r\nBcc: x@y.example", "The address contains the control character U+000D: remove it."),
            ("ada\n@example.com", "The address contains the control character U+000A: remove it."),
            ("ada\0@example.com", "The address contains the control character U+0000: remove it."),
            ("\"a\nb\"@example.com", "The address contains the control character U+000A: remove it."),
            ("ada\u{85}@example.com", "The address contains the control character U+0085: remove it."),
            ("ada\u{200B}@example.com", "The address contains the invisible character U+200B: remove it."),
            ("ada@exam\u{200B}ple.com", "The address contains the invisible character U+200B: remove it."),
            ("\u{FEFF}ada@example.com", "The address contains the invisible character U+FEFF: remove it."),
            ("ada\u{A0}@example.com", "The address contains the invisible character U+00A0: remove it."),
            (
                "ada@[192.0.2.1]",
                "The address names a host by its IP number in brackets: give a domain, like example.com."
            ),
            (
                "ada@192.0.2.1",
                "The domain \"192.0.2.1\" ends with a number: give a domain like example.com, not an IP address."
            ),
            ("ada@example", "The domain \"example\" has no dot: give the full domain, like example.com."),
            ("ada@.example.com", "The domain begins with a dot or has two in a row: correct the domain."),
            ("ada@example..com", "The domain begins with a dot or has two in a row: correct the domain."),
            ("ada@.", "The domain begins with a dot or has two in a row: correct the domain."),
            ("ada@-a.example", "The domain's part \"-a\" begins or ends with a hyphen: correct the domain."),
            ("ada@a-.example", "The domain's part \"a-\" begins or ends with a hyphen: correct the domain."),
            (
                "ada@a_b.example",
                "The domain contains \"_\": only letters, digits, hyphens and dots may stand there."
            ),
            (
                "ada@i❤.example",
                "The domain \"i❤.example\" is not a valid internationalised domain "
                    + "(string contains a disallowed character): correct the domain."
            ),
        ]
    )
    func bad(text: String, message: String) {
        #expect(Self.problem(text) == message)
    }

    @Test("lengths: 64 before the @, 63 a label, 254 in all")
    func lengths() throws {
        let label = String(repeating: "a", count: 63)
        let local = String(repeating: "l", count: 64)
        _ = try EmailAddress(parsing: local + "@example.com")
        #expect(
            Self.problem(local + "l@example.com")
                == "The part before the \"@\" has 65 bytes, and 64 are allowed: correct the address."
        )
        _ = try EmailAddress(parsing: "a@" + label + ".example")
        #expect(
            Self.problem("a@a" + label + ".example")
                == "The domain's part \"\(String(repeating: "a", count: 60))...\" has more than 63 characters: "
                + "correct the domain."
        )
        let domain = [label, label, String(repeating: "b", count: 57), "co"].joined(separator: ".")
        #expect(domain.utf8.count == 188)
        _ = try EmailAddress(parsing: local + "@" + domain + "m")
        #expect(
            Self.problem(local + "@" + domain + "mm")
                == "The address has 255 bytes, and 254 are allowed: correct the address."
        )
        #expect(
            Self.problem("a@" + String(repeating: "ü", count: 600) + ".example")?.contains("254 are allowed") == true
        )
    }

    @Test("bytes that are not UTF-8 are refused on both sides of the @")
    func notUTF8() {
        let message = "The address is not UTF-8: convert the file or the field to UTF-8."
        for bytes in [[0xff, 0x40, 0x61, 0x2e, 0x62], [0x61, 0x40, 0xc3, 0x2e, 0x62], [0xff]] as [[UInt8]] {
            #expect(throws: AddressError.notUTF8) { try EmailAddress(parsing: bytes.span) }
        }
        #expect(AddressError.notUTF8.description == message)
    }

    @Test(
        "spellings of one mailbox share a key, others do not",
        arguments: [
            ("Bob@EXAMPLE.com", "bob@example.com"),
            ("bob@example.com.", "bob@example.com"),
            ("bob+inv@gmail.com", "bob@gmail.com"),
            ("b.o.b@googlemail.com", "bob@gmail.com"),
            ("B.O.B+x+y@GMail.com", "bob@gmail.com"),
            ("+x@gmail.com", "+x@gmail.com"),
            ("b.ob+x@corp.example", "b.ob+x@corp.example"),
            ("b.ob+x@outlook.com", "b.ob@outlook.com"),
            ("bob+x@me.com", "bob@me.com"),
            ("bob-x@yahoo.com", "bob-x@yahoo.com"),
            ("x@bücher.example", "x@xn--bcher-kva.example"),
            ("e\u{301}va@example.com", "\u{e9}va@example.com"),
            ("\u{c9}VA@example.com", "\u{e9}va@example.com"),
            ("stra\u{df}e@example.com", "strasse@example.com"),
            ("STRA\u{1E9E}E@example.com", "strasse@example.com"),
            ("\u{3a3}\u{3c2}@example.com", "\u{3c3}\u{3c3}@example.com"),
            ("I@example.com", "i@example.com"),
            ("\u{131}@example.com", "\u{131}@example.com"),
            ("\u{130}@example.com", "i\u{307}@example.com"),
            ("\u{430}da@example.com", "\u{430}da@example.com"),
            ("\"Bob\"@example.com", "bob@example.com"),
            ("\"B\\ob\"@example.com", "bob@example.com"),
            ("\"b o\\b\"@example.com", "\"b ob\"@example.com"),
            ("\"a..b\"@gmail.com", "\"a..b\"@gmail.com"),
            ("\"a\\\"b\"@example.com", "\"a\\\"b\"@example.com"),
        ]
    )
    func key(text: String, key: String) throws {
        let found = try EmailAddress(parsing: text).key
        #expect(Array(found.unicodeScalars) == Array(key.unicodeScalars))
        #expect(try EmailAddress(parsing: found).key == found)
    }

    @Test(
        "whatever is thrown at the parsers, they answer, and what they take they take again",
        arguments: 0..<8 as Range<UInt64>
    )
    func garbage(seed: UInt64) throws {
        var corpus = MailCorpus(seed: seed)
        let pieces = [
            "a", "B", "@", ".", "\"", "\\", "<", ">", "(", ",", " ", "\r\n", "ü", "例", "\u{301}", "-", "1", "xn--",
            "=?", "😀",
            "example.com", "gmail.com", "+", "\u{200D}",
        ]
        var taken = 0
        for _ in 0..<4_000 {
            let count = Int.random(in: 0...7, using: &corpus)
            let text = (0..<count).map { _ in pieces.randomElement(using: &corpus) ?? "" }.joined()
            for given in [text, "a@" + text + ".example", text + "@example.com"] {
                _ = try? Mailbox(parsing: given)
                guard let address = try? EmailAddress(parsing: given) else { continue }
                taken += 1
                #expect(try EmailAddress(parsing: address.smtpPath).key == address.key)
                #expect(try EmailAddress(parsing: address.key).key == address.key)
                #expect(address.smtpPath.utf8.count <= 254)
            }
            var bytes = Array(text.utf8)
            bytes.append(UInt8.random(in: 0...255, using: &corpus))
            _ = try? EmailAddress(parsing: bytes.span)
            _ = try? Mailbox(parsing: bytes.span)
        }
        #expect(taken > 500)
    }

    @Test("the character sets hold what their documentation says")
    func characterSets() {
        let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        let printable = (0x21...0x7e).map { UInt8($0) }
        let sets: [(ASCIISet, [UInt8])] = [
            (.atom, Array((letters + "!#$%&'*+-/=?^_`{|}~").utf8)),
            (.encodedWord, Array((letters + "!*+-/").utf8)),
            (.token, printable.filter { !Array("()<>@,;:\\\"/[]?=".utf8).contains($0) }),
            (.extendedParameter, printable.filter { !Array("()<>@,;:\\\"/[]?=*'%".utf8).contains($0) }),
            (.hostname, Array((letters + "-").utf8)),
            (.printable, [0x20] + printable),
            (.headerName, printable.filter { $0 != 0x3a }),
        ]
        for (set, members) in sets {
            for byte in UInt8.min...UInt8.max { #expect(set.contains(byte) == members.contains(byte)) }
        }
    }

    private static func problem(_ text: String) -> String? {
        do {
            _ = try EmailAddress(parsing: text)
            return nil
        } catch {
            return error.description
        }
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
