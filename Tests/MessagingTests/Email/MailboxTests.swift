import Testing

@testable import Messaging

@Suite("Mailboxes")
struct MailboxTests {
    @Test(
        "names and addresses are told apart",
        arguments: [
            ("ada@example.com", nil, "ada@example.com"),
            ("<ada@example.com>", nil, "ada@example.com"),
            (" < ada@example.com > ", nil, "ada@example.com"),
            ("Ada Lovelace <ada@example.com>", "Ada Lovelace", "ada@example.com"),
            ("Ada  Lovelace<ada@example.com>", "Ada Lovelace", "ada@example.com"),
            ("Ada\tLovelace <ada@example.com>", "Ada Lovelace", "ada@example.com"),
            ("Acme, Inc. <a@example.com>", "Acme, Inc.", "a@example.com"),
            ("\"Lovelace, Ada\" <ada@example.com>", "Lovelace, Ada", "ada@example.com"),
            ("\"Ada (Billing) @ Acme\" <ada@example.com>", "Ada (Billing) @ Acme", "ada@example.com"),
            ("\"a \\\"b\\\" \\\\c\" <ada@example.com>", "a \"b\" \\c", "ada@example.com"),
            ("\"Ada\" Lovelace <ada@example.com>", "Ada Lovelace", "ada@example.com"),
            ("\"<\" <ada@example.com>", "<", "ada@example.com"),
            ("\"\" <ada@example.com>", nil, "ada@example.com"),
            ("Ада Лавлейс <ada@example.com>", "Ада Лавлейс", "ada@example.com"),
            ("エイダ 💌 <ada@bücher.example>", "エイダ 💌", "ada@xn--bcher-kva.example"),
            ("\"a<b\"@example.com", nil, "\"a<b\"@example.com"),
        ] as [(String, String?, String)]
    )
    func good(text: String, name: String?, path: String) throws {
        let mailbox = try Mailbox(parsing: text)
        #expect(mailbox.name == name)
        #expect(mailbox.address.smtpPath == path)
    }

    @Test(
        "bad mailboxes are refused with the problem and its remedy",
        arguments: [
            ("", "The address is empty: write it like ada@example.com."),
            ("Ada <>", "The address is empty: write it like ada@example.com."),
            ("Ada", "The address has no \"@\": write it like ada@example.com."),
            (
                "Ada <ada@example.com",
                "The address has a \"<\" and no \">\" behind it: write it like Ada Lovelace <ada@example.com>."
            ),
            ("Ada <ada@example.com> Lovelace", "There is text behind the address, \" Lovelace\": remove it."),
            (
                "Ada <ada@example.com>, Bob <bob@example.com>",
                "There is more than one address: give each its own message."
            ),
            (
                "ada@example.com, Bob <bob@example.com>",
                "The name contains an \"@\": put the name in double quotes, or give one address only."
            ),
            (
                "Ada (work) <ada@example.com>",
                "Comments in parentheses are not supported: "
                    + "remove them, or put a name that has them in double quotes."
            ),
            ("\"Ada <ada@example.com>", "A double quote is opened and never closed: add the second one."),
            (
                "=?utf-8?Q?Ada?= <ada@example.com>",
                "The name is an encoded-word (\"=?...?=\"): write the name itself, in UTF-8."
            ),
            ("Ada\r\nBcc: x <ada@example.com>", "The address contains the control character U+000D: remove it."),
            ("Ada\u{2028} <ada@example.com>", "The address contains the control character U+2028: remove it."),
            ("\"A\\\nB\" <ada@example.com>", "The address contains the control character U+000A: remove it."),
            (
                "Ada <<ada@example.com>>",
                "There is text behind the address, \">\": remove it."
            ),
            (
                String(repeating: "a", count: 257) + " <ada@example.com>",
                "The name has 257 bytes: shorten it to 256."
            ),
        ]
    )
    func bad(text: String, message: String) {
        var found: String?
        do { _ = try Mailbox(parsing: text) } catch { found = error.description }
        #expect(found == message)
    }

    @Test(
        "a header shows the name as words, as a quoted string or encoded, whichever it needs",
        arguments: [
            (nil, " ada@example.com\r\n"),
            ("Ada Lovelace", " Ada Lovelace <ada@example.com>\r\n"),
            ("A. Lovelace", " \"A. Lovelace\" <ada@example.com>\r\n"),
            ("a \"b\" \\c", " \"a \\\"b\\\" \\\\c\" <ada@example.com>\r\n"),
            ("Zoë", " =?utf-8?Q?Zo=C3=AB?= <ada@example.com>\r\n"),
            ("Ада", " =?utf-8?B?0JDQtNCw?= <ada@example.com>\r\n"),
            ("=?x?=", " =?utf-8?B?PT94Pz0=?= <ada@example.com>\r\n"),
            (
                "Ada Augusta King, the Countess of Lovelace in Surrey",
                " \"Ada Augusta King, the Countess of Lovelace in Surrey\"\r\n <ada@example.com>\r\n"
            ),
            (
                "Александр Пушкин и Ко",
                " =?utf-8?B?0JDQu9C10LrRgdCw0L3QtNGAINCf0YPRiNC60LjQvSDQuCDQmtC+?=\r\n <ada@example.com>\r\n"
            ),
            (
                "Александр Пушкин и Компания",
                "\r\n =?utf-8?B?0JDQu9C10LrRgdCw0L3QtNGAINCf0YPRiNC60LjQvSDQuCA=?="
                    + "\r\n =?utf-8?B?0JrQvtC80L/QsNC90LjRjw==?= <ada@example.com>\r\n"
            ),
            (
                "Ärzteverein der Stadt Nürnberg, im Jahr 2026",
                "\r\n =?utf-8?Q?=C3=84rzteverein_der_Stadt_N=C3=BCrnberg=2C_im_Jahr_2026?=\r\n <ada@example.com>\r\n"
            ),
        ] as [(String?, String)]
    )
    func header(name: String?, value: String) throws {
        let mailbox = try Mailbox(name: name ?? "", address: EmailAddress(parsing: "ada@example.com"))
        var bytes: [UInt8] = []
        HeaderValue.appendMailbox(mailbox, column: 9, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == value)
    }
}
