import Testing

@testable import Curl

@Suite struct SMTPOutputTests {
    /// The body as it stands in the output, drained whenever it is full.
    private func stuffed(_ body: [UInt8], prefill: Int = 0) -> [UInt8] {
        var output = SMTPOutput()
        let padding = [UInt8](repeating: 0, count: prefill)
        padding.withUnsafeBytes { output.append($0) }
        var offset = 0
        var bytes: [UInt8] = []
        while offset < body.count {
            body.withUnsafeBytes { output.appendStuffed($0, from: &offset) }
            bytes += Array(output.bytes)
            output.remove(output.count)
        }
        return Array(bytes.dropFirst(prefill))
    }

    @Test(arguments: [
        ("", ""), ("a\r\n", "a\r\n"), (".", ".."), (".\r\n", "..\r\n"), ("a\r\n.b\r\n", "a\r\n..b\r\n"),
        ("a\r\n..b", "a\r\n...b"), ("a.b.", "a.b."), ("a\n.b", "a\n..b"), ("a\r.b", "a\r..b"),
        ("\r\n.\r\n.\r\n", "\r\n..\r\n..\r\n"),
    ])
    func `a dot that starts a line is doubled`(_ body: String, expected: String) {
        #expect(String(decoding: stuffed(Array(body.utf8)), as: UTF8.self) == expected)
    }

    @Test func `the server finds the body again, wherever the buffer was full`() {
        var random = Seeded(state: 3)
        let alphabet = Array("..\r\n\r\nabcdef".utf8)
        for round in 0..<200 {
            let body = (0..<Int.random(in: 0..<300, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            let wire = stuffed(body, prefill: SMTPOutput.capacity - SMTPOutput.reserve - round % 100)
            var found: [UInt8] = []
            for (index, byte) in wire.enumerated() {
                let isFirst = index == 0 || wire[index - 1] == 0x0A || wire[index - 1] == 0x0D
                if !(byte == 0x2E && isFirst) { found.append(byte) } else { #expect(wire[index + 1] == 0x2E) }
            }
            #expect(found == body)
        }
    }
}
