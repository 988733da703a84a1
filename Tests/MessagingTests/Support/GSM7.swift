/// The alphabet of text messages (3GPP TS 23.038).
enum GSM7 {
    private static let basic = Set(
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
            .unicodeScalars + "¿abcdefghijklmnopqrstuvwxyzäöñüà".unicodeScalars
    )
    private static let extended = Set("^{}\\[~]|€\u{c}".unicodeScalars)

    /// How many parts a text is sent in; `nil` if it needs another alphabet.
    static func segments(_ text: String) -> Int? {
        var septets = 0
        for scalar in text.unicodeScalars {
            if basic.contains(scalar) {
                septets += 1
            } else if extended.contains(scalar) {
                septets += 2
            } else {
                return nil
            }
        }
        return septets <= 160 ? 1 : (septets + 152) / 153
    }
}
