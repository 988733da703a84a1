import Foundation
import Testing

/// Messages in many scripts, and what must come of them at the other end.
enum Correspondence {
    private static let png = Data(
        base64Encoded:
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    )

    static let samples: [Mail] = {
        let voices: [(key: String, name: String, subject: String, text: String)] = [
            ("latin", "Zoë Œuvrard", "Façade, naïveté, Ærøskøbing", "Größe, žluťoučký kůň, İstanbul."),
            ("greek", "Σοφία Κόρη", "Το τιμολόγιό σας", "Καλημέρα σας,\nτο τιμολόγιο είναι ανεξόφλητο."),
            ("cyrillic", "Олена Пчілка", "Ваш рахунок", "Добрий день!\nСьёмга, Ђорђе, Ұлы."),
            ("arabic", "فاطمة الفهرية", "فاتورتك رقم ١٢٣", "مرحبا،\nالمبلغ المستحق ١٢٣٫٤٥ دولار."),
            ("cjk", "山田 太郎", "請求書のお知らせ 「第一号」", "拝啓\n请查收发票。\n안녕하세요."),
            ("emoji", "👩🏽‍🚀 Ada 🏳️‍🌈", "🧾 Your invoice 🎉👨‍👩‍👧‍👦", "Thank you! 🙏🏿 🇺🇦 ❤️‍🔥"),
            ("quoted", #"O'Neill, "Sio\bhán" (Ms.) <x>"#, #"Quotes " ' \ < > ( ) [ ] : ; @ ,"#, "=3D =\n=20 = soft"),
            ("dots", "Dot", "...", ".\n..\n. .\n.hidden\ntext\n.\n\n.end"),
            ("from", "Mbox", "From me", "From here\n>From there\nFrom"),
            ("spaces", "Blank", "two  spaces", "trailing space \n\ttab\t\n \n  indented  \n\n\nthree line ends"),
            ("longline", "Long", "long", String(repeating: "word ", count: 2000) + "end"),
            ("solid", "Solid", "solid", String(repeating: "x", count: 5000) + "é"),
            ("longsubject", "Long", String(repeating: "A very long subject ", count: 40) + "end", "short"),
            ("longunicode", "Long", String(repeating: "催促状🧾", count: 60), "short"),
            ("solidsubject", "Long", String(repeating: "s", count: 900), "short"),
            ("empty", "Empty", "", ""),
        ]
        var mails = voices.map { voice in
            Mail(
                voice.key,
                to: "\(quoted(voice.name)) <\(voice.key)@example.com>",
                subject: voice.subject,
                text: voice.text
            )
        }
        var rich = Mail(
            "rich",
            to: "Ада <rich@example.com>",
            subject: "С картинкой",
            text: "Смотрите картинку.",
            html: "<p>Смотрите <b>картинку</b>: <img src=\"cid:dot@acme.example\"> &amp; 發票.</p>\n<p>.</p>"
        )
        rich.attachments = [
            .init(
                filename: "dot.png",
                contentType: "image/png",
                base64: png?.base64EncodedString() ?? "",
                contentId: "dot@acme.example"
            ),
            .init(
                filename: "Rechnung für März – 請求書.pdf",
                contentType: "application/pdf",
                base64: Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }).base64EncodedString()
            ),
            .init(
                filename: "dots.txt",
                contentType: "text/plain",
                base64: Data(".\r\n..\r\n".utf8).base64EncodedString()
            ),
        ]
        mails.append(rich)
        return mails
    }()

    private static func quoted(_ name: String) -> String {
        "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private static func name(of mail: Mail) -> String {
        var name = String(mail.to[..<(mail.to.range(of: " <", options: .backwards)?.lowerBound ?? mail.to.endIndex)])
        guard name.first == "\"" else { return name }
        name = String(name.dropFirst().dropLast())
        return name.replacing("\\\\", with: "\u{0}").replacing("\\", with: "").replacing("\u{0}", with: "\\")
    }

    /// Holds what arrived against what was given.
    static func verify(_ received: [ReceivedMail]) throws {
        let byAddress = Dictionary(grouping: received, by: \.toAddress)
        #expect(received.count == samples.count)
        for mail in samples {
            let key = try #require(mail.key)
            let copies = byAddress["\(key)@example.com"] ?? []
            let copy = try #require(copies.first, "\(key) has not arrived")
            #expect(copies.count == 1)
            #expect(copy.defects == [], "\(key)")
            #expect(words(copy.toName) == words(name(of: mail)), "\(key)")
            #expect(words(copy.subject) == words(mail.content?.subject ?? ""), "\(key)")
            // What every email must say stands behind what was given.
            let (text, foot) = split(copy.text ?? "", at: "\n\n-- \n")
            #expect(text == trimmed(mail.content?.text ?? ""), "\(key)")
            #expect(foot.contains("1 Main Street, Springfield, IL 62701, USA"), "\(key)")
            if let html = mail.content?.html {
                let (before, block) = split(copy.html ?? "", at: "<div style=\"margin:24px")
                let (foot, after) = split(block, at: "</div>\n")
                #expect(before + after == html, "\(key)")
                #expect(foot.contains("1 Main Street, Springfield, IL 62701, USA"), "\(key)")
            } else {
                #expect(copy.html == nil, "\(key)")
            }
            #expect(copy.from == "Acme Billing <billing@acme.example>")
            #expect(copy.autoSubmitted == "auto-generated")
            #expect(copy.files.map(\.filename).sorted() == (mail.attachments ?? []).map(\.filename).sorted())
            for file in mail.attachments ?? [] {
                let got = try #require(copy.files.first { $0.filename == file.filename })
                #expect(got.type == file.contentType)
                #expect(got.contentId == file.contentId.map { "<\($0)>" })
                #expect(got.disposition == (file.contentId == nil ? "attachment" : "inline"))
                #expect(got.bytes == Data(base64Encoded: file.base64), "\(file.filename)")
            }
        }
    }

    private static func split(_ text: String, at mark: String) -> (String, String) {
        guard let range = text.range(of: mark, options: .backwards) else { return (text, "") }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }

    /// Runs of spaces count as one: a folded header does not keep them.
    private static func words(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The parser's side has lost the line ends at the end.
    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}
