import CPhoneNumber

/// A phone number, understood by libphonenumber's number plans.
public struct PhoneNumber: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case fixedLine, mobile, fixedLineOrMobile, tollFree, premiumRate, voip, personal, pager, other
    }

    /// `+` and at most 15 digits (ITU-T E.164).
    public let e164: String
    /// ISO 3166-1 alpha-2; `nil` for a number of no country.
    public let region: String?
    public let kind: Kind
    /// It belongs to a range that is in use.
    public let isValid: Bool
    public let hasExtension: Bool

    static let longest = 250

    /// Throws what is wrong with the text.
    ///
    /// - Parameter region: the country of numbers that are written without its code, such as `US`.
    public init(_ text: String, region: String? = nil) throws(PhoneNumberError) {
        guard text.utf8.count <= PhoneNumber.longest, !text.utf8.contains(0) else { throw .notANumber }
        var number = phone_number()
        let result = phone_number_parse(text, region ?? "", &number)
        switch UInt32(result) {
        case PHONE_NUMBER_OK.rawValue: break
        case PHONE_NUMBER_NO_COUNTRY.rawValue: throw .noCountry
        case PHONE_NUMBER_TOO_SHORT.rawValue: throw .tooShort
        case PHONE_NUMBER_TOO_LONG.rawValue: throw .tooLong
        default: throw .notANumber
        }
        e164 = PhoneNumber.text(number.e164)
        let home = PhoneNumber.text(number.region)
        self.region = home.isEmpty ? nil : home
        kind = Kind(UInt32(number.kind))
        isValid = number.is_valid != 0
        hasExtension = number.has_extension != 0
    }

    /// Whether a text message can reach it: where numbers do not tell, it may.
    public var takesTexts: Bool {
        switch kind {
        case .mobile, .fixedLineOrMobile, .voip, .personal: true
        case .fixedLine, .tollFree, .premiumRate, .pager, .other: false
        }
    }

    /// Whether there is such a region, such as `US`.
    public static func isKnown(region: String) -> Bool { phone_number_knows_region(region) != 0 }

    private static func text<Bytes>(_ bytes: Bytes) -> String {
        withUnsafeBytes(of: bytes) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Why a text is no phone number.
public enum PhoneNumberError: Error, Sendable, CustomStringConvertible {
    case notANumber, noCountry, tooShort, tooLong

    public var description: String {
        switch self {
        case .notANumber: "a phone number is expected, such as +1 202 555 0123"
        case .noCountry: "the country is missing: write the number with + and its country code, such as +1 202 555 0123"
        case .tooShort: "it is too short for a phone number"
        case .tooLong: "it is too long for a phone number"
        }
    }
}

extension PhoneNumber.Kind {
    fileprivate init(_ kind: UInt32) {
        switch kind {
        case PHONE_NUMBER_FIXED_LINE.rawValue: self = .fixedLine
        case PHONE_NUMBER_MOBILE.rawValue: self = .mobile
        case PHONE_NUMBER_FIXED_LINE_OR_MOBILE.rawValue: self = .fixedLineOrMobile
        case PHONE_NUMBER_TOLL_FREE.rawValue: self = .tollFree
        case PHONE_NUMBER_PREMIUM_RATE.rawValue: self = .premiumRate
        case PHONE_NUMBER_VOIP.rawValue: self = .voip
        case PHONE_NUMBER_PERSONAL.rawValue: self = .personal
        case PHONE_NUMBER_PAGER.rawValue: self = .pager
        default: self = .other
        }
    }
}
