/// The length of the well-formed UTF-8 sequence that begins at `bytes`, 1 to 4, or 0 where none does: overlong forms,
/// surrogates and code points above U+10FFFF are not well-formed (Unicode 16, table 3-7).
///
/// - Parameter available: how many bytes may be read; at least 1.
package func utf8SequenceLength(_ bytes: UnsafePointer<UInt8>, available: Int) -> Int {
    let lead = bytes[0]
    if lead < 0x80 { return 1 }
    guard available > 1 else { return 0 }
    let second = bytes[1]
    switch lead {
    case 0xC2...0xDF: return second & 0xC0 == 0x80 ? 2 : 0
    case 0xE0: guard 0xA0...0xBF ~= second else { return 0 }
    case 0xED: guard 0x80...0x9F ~= second else { return 0 }
    case 0xF0: guard 0x90...0xBF ~= second else { return 0 }
    case 0xF4: guard 0x80...0x8F ~= second else { return 0 }
    case 0xE1...0xEC, 0xEE, 0xEF, 0xF1...0xF3: guard second & 0xC0 == 0x80 else { return 0 }
    default: return 0
    }
    let length = lead < 0xF0 ? 3 : 4
    guard available >= length else { return 0 }
    for index in 2..<length where bytes[index] & 0xC0 != 0x80 { return 0 }
    return length
}
