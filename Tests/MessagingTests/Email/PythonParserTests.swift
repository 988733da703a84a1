import Foundation
import Testing

@Suite("Python's email package, which is not ours, reads what we write")
struct PythonParserTests {
    @Test("no defects, and every text, name and file comes back", arguments: [1, 2, 3] as [UInt64])
    func parsesRandomMessages(seed: UInt64) throws {
        var corpus = MailCorpus(seed: seed)
        var lines = Data()
        for _ in 0..<120 {
            lines += try JSONEncoder().encode(try corpus.sample())
            lines.append(0x0a)
        }
        let problems = try Self.python(Self.script, input: lines)
        #expect(problems == "checked 120\n")
    }

    /// Runs a script with `input` on its standard input; gives what it printed.
    static func python(_ script: String, input: Data) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let stdin = Pipe()
        let stdout = Pipe()
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stdout
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: input)
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    /// Reads one JSON object a line; prints each problem (the first twenty), and how many messages it checked.
    static let script = #"""
        import base64, json, re, sys
        from email import message_from_bytes, policy

        def lines(text):
            return text.replace("\r\n", "\n").replace("\r", "\n")

        def decoded(files):
            return [base64.b64decode(file) for file in files]

        def words(text):
            return " ".join(text.split())

        def name(header):
            # This parser keeps the space between two encoded-words of a name, which RFC 2047, 6.2 says to drop.
            return words(header.addresses[0].display_name)

        def defects(part):
            for defect in part.defects:
                yield repr(defect)
            for name in part.keys():
                for defect in getattr(part[name], "defects", ()):
                    yield f"{name}: {defect!r}"
            if part.is_multipart():
                for child in part.iter_parts():
                    yield from defects(child)

        def shape(part):
            if part.is_multipart():
                return part.get_content_subtype() + "(" + ",".join(map(shape, part.iter_parts())) + ")"
            return part.get_content_type().split("/")[0] + ":" + part.get_content_subtype()

        def expected_shape(given):
            body = "text:plain"
            if given.get("html") is not None:
                html = "text:html"
                if given["inline"]:
                    html = "related(" + ",".join([html] + ["image:png"] * len(given["inline"])) + ")"
                body = f"alternative({body},{html})"
            if given["files"]:
                body = "mixed(" + ",".join([body] + ["application:pdf"] * len(given["files"])) + ")"
            return body

        def check(given):
            raw = base64.b64decode(given["eml"])
            message = message_from_bytes(raw, policy=policy.default)
            yield from defects(message)
            if not raw.endswith(b"\r\n") or re.search(rb"(?<!\r)\n|\r(?!\n)", raw) or b"\0" in raw:
                yield "line ends"
            if max(map(len, raw.split(b"\r\n"))) > 998:
                yield "a line of more than 998"
            if any(byte > 127 for byte in raw):
                yield "8 bit"
            for line in raw[: raw.index(b"\r\n\r\n")].split(b"\r\n"):
                encoded = re.findall(rb"=\?utf-8\?[QB]\?[^? ]*\?=", line)
                if encoded and len(line) > 76 or any(len(word) > 75 for word in encoded):
                    yield f"encoded-word line too long: {line!r}"
                if len(line) > 78 and not line.startswith((b"X-Note:", b"List-Unsubscribe:", b" ")):
                    yield f"header line too long: {line!r}"
                if not line.strip():
                    yield "blank header line"

            def same(what, got, want):
                if got != want:
                    yield f"{what}: {got!r} is not {want!r}"

            yield from same("subject", str(message["subject"]), given["subject"])
            yield from same("note", str(message["x-note"]), given["header"])
            yield from same("from", message["from"].addresses[0].addr_spec, given["from"])
            yield from same("from name", name(message["from"]), words(given.get("fromName") or ""))
            yield from same("to", message["to"].addresses[0].addr_spec, given["to"])
            yield from same("to name", name(message["to"]), words(given.get("toName") or ""))
            yield from same("reply-to name", name(message["reply-to"]), words(given.get("toName") or ""))
            yield from same("recipients", len(message["to"].addresses), 1)
            yield from same("message id", str(message["message-id"]), "<" + given["messageID"] + ">")
            yield from same("date", message["date"].datetime.timestamp(), given["date"] // 1000)
            yield from same("auto-submitted", str(message["auto-submitted"]), "auto-generated")
            yield from same("unsubscribe", str(message["list-unsubscribe"]), "<" + given["unsubscribe"] + ">")
            yield from same("shape", shape(message), expected_shape(given))
            text = lines(message.get_body(("plain",)).get_content())
            want = lines(given["text"])
            if not message.is_multipart() and not want.endswith("\n") and text.endswith("\n"):
                want += "\n"
            yield from same("text", text, want)
            if given.get("html") is not None:
                yield from same("html", lines(message.get_body(("html",)).get_content()), lines(given["html"]))
            leaves = [part for part in message.walk() if not part.is_multipart()]
            files = [part for part in leaves if part.get_content_disposition() == "attachment"]
            yield from same("filenames", [part.get_filename() for part in files], given["filenames"])
            yield from same("files", [part.get_content() for part in files], decoded(given["files"]))
            inline = [part for part in leaves if part.get_content_disposition() == "inline"]
            ids = ["<" + name + ">" for name in given["contentIDs"]]
            yield from same("content ids", [str(part["content-id"]) for part in inline], ids)
            yield from same("inline", [part.get_content() for part in inline], decoded(given["inline"]))

        count = 0
        problems = []
        for line in sys.stdin:
            count += 1
            try:
                problems += [f"{count}: {problem}" for problem in check(json.loads(line))]
            except Exception as error:
                problems.append(f"{count}: {error!r}")
        for problem in problems[:20]:
            print(problem[:600])
        print("checked", count)
        """#
}
