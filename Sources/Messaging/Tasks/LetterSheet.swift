import Foundation

/// A letter as a page that is made for printing: the recipient's address stands where a window envelope shows it.
public enum LetterSheet {
    /// Where the window is.
    public enum Envelope: String, Sendable, Codable, CaseIterable {
        /// A DL envelope and an A4 sheet: the address field of DIN 5008, form B, 20 mm from the left and 45 mm from the top,
        /// 85 mm wide and 45 mm high.
        case din = "din-5008-b"
        /// A number 10 envelope with its window at the left, and a Letter sheet folded in three: the address 7/8 inch from the
        /// left, 2 1/16 from the top, 4 by 1 inches.
        case number10 = "us-10"

        var page: String { self == .din ? "A4" : "letter" }

        var window: String {
            self == .din
                ? "left:20mm;top:45mm;width:85mm;height:45mm" : "left:0.875in;top:2.0625in;width:4in;height:1in"
        }

        /// Where the words begin.
        var body: String { self == .din ? "98mm" : "3.6in" }
    }

    /// - Parameters:
    ///   - to: the address, in lines, or with commas between its parts.
    ///   - brand: its name and postal address stand in small type above the recipient's.
    ///   - parts: `letter.html`, or `letter.txt`.
    public static func html(to: String, brand: Brand?, parts: [RenderedPart], envelope: Envelope) -> [UInt8] {
        let lines = to.split(separator: to.contains("\n") ? "\n" : ",").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        let sender = brand.map { "\($0.settings.name), \($0.settings.postalAddress)" } ?? ""
        let words =
            parts.first { $0.name == "letter.html" }.map(\.text)
            ?? parts.first { $0.name == "letter.txt" }.map { text in
                text.text.split(separator: "\n\n").map { "<p>\(escaped(String($0)).replacing("\n", with: "<br>"))</p>" }
                    .joined(separator: "\n")
            } ?? ""
        let page = """
            <!doctype html>
            <html lang="\(escaped(brand?.locale ?? "en"))">
            <head>
            <meta charset="utf-8">
            <title>\(escaped(lines.first ?? "Letter"))</title>
            <style>
            @page { size: \(envelope.page); margin: 0 }
            body { margin: 0; font: 11pt/1.45 Georgia, "Times New Roman", serif; color: #000; background: #fff }
            .window { position: absolute; \(envelope.window); overflow: hidden; line-height: 1.25 }
            .sender { font-size: 7pt; border-bottom: .3pt solid #000; padding-bottom: 1pt; margin-bottom: 3mm }
            .words { padding: \(envelope.body) 20mm 20mm 25mm }
            </style>
            </head>
            <body>
            <address class="window" style="font-style:normal">
            <div class="sender">\(escaped(sender))</div>
            \(lines.map(escaped).joined(separator: "<br>\n"))
            </address>
            <div class="words">
            \(words)
            </div>
            </body>
            </html>

            """
        return Array(page.utf8)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
