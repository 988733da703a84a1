import Testing

@testable import Messaging

@Suite("Phone numbers")
struct PhoneNumberTests {
    /// How a number is written, whose country's it is when it has no code, and what it is.
    struct Written: Sendable, CustomTestStringConvertible {
        let text: String
        let home: String?
        let e164: String
        let region: String?
        let kind: PhoneNumber.Kind

        init(_ text: String, _ home: String?, _ e164: String, _ region: String?, _ kind: PhoneNumber.Kind) {
            (self.text, self.home, self.e164, self.region, self.kind) = (text, home, e164, region, kind)
        }

        var testDescription: String { text }
    }

    static let good = [
        Written("+1 202 555 0123", nil, "+12025550123", "US", .fixedLineOrMobile),
        Written("(202) 555-0123", "US", "+12025550123", "US", .fixedLineOrMobile),
        Written("1-202-555-0123", "US", "+12025550123", "US", .fixedLineOrMobile),
        Written("011 44 7400 123456", "US", "+447400123456", "GB", .mobile),
        Written("tel:+1-202-555-0123", nil, "+12025550123", "US", .fixedLineOrMobile),
        Written("800 234 5678", "US", "+18002345678", "US", .tollFree),
        Written("+1 416 555 0123", nil, "+14165550123", "CA", .fixedLineOrMobile),
        Written("+44 7400 123456", nil, "+447400123456", "GB", .mobile),
        Written("07400 123456", "GB", "+447400123456", "GB", .mobile),
        Written("020 7946 0958", "GB", "+442079460958", "GB", .fixedLine),
        Written("+44 (0)20 7946 0958", nil, "+442079460958", "GB", .fixedLine),
        Written("0151 23456789", "DE", "+4915123456789", "DE", .mobile),
        Written("+49 30 123456", nil, "+4930123456", "DE", .fixedLine),
        Written("0049 151 23456789", "DE", "+4915123456789", "DE", .mobile),
        Written("06 12 34 56 78", "FR", "+33612345678", "FR", .mobile),
        Written("+33 1 42 68 53 00", nil, "+33142685300", "FR", .fixedLine),
        Written("0664 1234567", "AT", "+436641234567", "AT", .mobile),
        Written("079 123 45 67", "CH", "+41791234567", "CH", .mobile),
        Written("312 345 6789", "IT", "+393123456789", "IT", .mobile),
        Written("02 1234 5678", "IT", "+390212345678", "IT", .fixedLine),
        Written("612 34 56 78", "ES", "+34612345678", "ES", .mobile),
        Written("06 12345678", "NL", "+31612345678", "NL", .mobile),
        Written("0470 12 34 56", "BE", "+32470123456", "BE", .mobile),
        Written("0412 345 678", "AU", "+61412345678", "AU", .mobile),
        Written("021 123 4567", "NZ", "+64211234567", "NZ", .mobile),
        Written("090-1234-5678", "JP", "+819012345678", "JP", .mobile),
        Written("010-1234-5678", "KR", "+821012345678", "KR", .mobile),
        Written("081234 56789", "IN", "+918123456789", "IN", .mobile),
        Written("131 2345 6789", "CN", "+8613123456789", "CN", .mobile),
        Written("8123 4567", "SG", "+6581234567", "SG", .mobile),
        Written("5123 4567", "HK", "+85251234567", "HK", .mobile),
        Written("(11) 96123-4567", "BR", "+5511961234567", "BR", .mobile),
        Written("222 123 4567", "MX", "+522221234567", "MX", .fixedLineOrMobile),
        Written("011 15-2345-6789", "AR", "+5491123456789", "AR", .mobile),
        Written("071 123 4567", "ZA", "+27711234567", "ZA", .mobile),
        Written("0712 123456", "KE", "+254712123456", "KE", .mobile),
        Written("0802 123 4567", "NG", "+2348021234567", "NG", .mobile),
        Written("050-123-4567", "IL", "+972501234567", "IL", .mobile),
        Written("050 123 4567", "AE", "+971501234567", "AE", .mobile),
        Written("0501 234 56 78", "TR", "+905012345678", "TR", .mobile),
        Written("512 345 678", "PL", "+48512345678", "PL", .mobile),
        Written("601 123 456", "CZ", "+420601123456", "CZ", .mobile),
        Written("070 123 45 67", "SE", "+46701234567", "SE", .mobile),
        Written("406 12 345", "NO", "+4740612345", "NO", .mobile),
        Written("32 12 34 56", "DK", "+4532123456", "DK", .fixedLineOrMobile),
        Written("041 2345678", "FI", "+358412345678", "FI", .mobile),
        Written("085 012 3456", "IE", "+353850123456", "IE", .mobile),
        Written("912 345 678", "PT", "+351912345678", "PT", .mobile),
        Written("691 234 5678", "GR", "+306912345678", "GR", .mobile),
        Written("050 123 4567", "UA", "+380501234567", "UA", .mobile),
    ]

    @Test("are understood as their country writes them", arguments: good)
    func understood(written: Written) throws {
        let number = try PhoneNumber(written.text, region: written.home)
        #expect(number.e164 == written.e164)
        #expect(number.region == written.region)
        #expect(number.kind == written.kind)
        #expect(number.isValid)
        #expect(!number.hasExtension)
    }

    @Test(
        "that nobody can have are understood, and told apart",
        arguments: [
            ("+1 555 010 0123", nil), ("12345", "US"), ("911", "US"), ("112", "DE"), ("80000", "GB"),
            ("+44 1234", nil), ("+49 151 2345", nil), ("+999 123 456 789", nil), ("+12 3", nil),
            ("(000) 000-0000", "US"), ("+1 202 555 01234", nil), ("0900 123", "DE"),
        ] as [(String, String?)]
    )
    func invalid(text: String, home: String?) {
        #expect((try? PhoneNumber(text, region: home))?.isValid != true)
    }

    @Test(
        "an extension is noticed",
        arguments: ["+1 202 555 0123 x7", "+1 202 555 0123 ext. 42", "+12025550123;ext=9"]
    )
    func extensions(text: String) throws {
        let number = try PhoneNumber(text)
        #expect(number.e164 == "+12025550123")
        #expect(number.hasExtension)
    }

    @Test(
        "what is none is told with its remedy",
        arguments: [
            ("", nil, PhoneNumberError.notANumber), ("Ada", "US", .notANumber), ("---", nil, .notANumber),
            ("202 555 0123", nil, .noCountry), ("07400 123456", nil, .noCountry), ("+999", nil, .noCountry),
            ("+49 1", nil, .tooShort), ("+44 79111 23456 78901 23456", nil, .tooLong),
            (String(repeating: "1", count: 300), "US", .notANumber), ("+1\u{0}2025550123", nil, .notANumber),
        ] as [(String, String?, PhoneNumberError)]
    )
    func refused(text: String, home: String?, expected: PhoneNumberError) {
        #expect(throws: expected) { try PhoneNumber(text, region: home) }
    }

    @Test("landlines and service numbers take no texts")
    func texts() throws {
        for (text, expected) in [
            ("+447400123456", true), ("+12025550123", true), ("+442079460958", false), ("+18002345678", false),
            ("+4930123456", false), ("+449012345678", false),
        ] { #expect(try PhoneNumber(text).takesTexts == expected, "\(text)") }
    }

    @Test("regions are known by their two letters")
    func regions() {
        #expect(PhoneNumber.isKnown(region: "US") && PhoneNumber.isKnown(region: "AT"))
        #expect(!PhoneNumber.isKnown(region: "us") && !PhoneNumber.isKnown(region: "XX"))
    }
}
