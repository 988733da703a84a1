import Foundation
import Glibc
import Synchronization

/// An SMTP server on 127.0.0.1 that answers properly but for what its script says.
public final class ScriptedSMTPServer: Sendable {
    public enum Act: Sendable {
        /// Bytes as they are; the dialogue goes on.
        case say(String)
        case sayAndClose(String)
        case sayAndFallSilent(String)
        case close
        /// Never answers, reads on.
        case silence
        /// Neither answers nor reads.
        case stall
    }

    public struct Moment: Sendable {
        /// Counted from 1.
        public var connection: Int
        /// `greeting`, `EHLO`, `MAIL`, `RCPT`, `DATA`, `body` (the first line of it), `.`, `RSET`, `QUIT`, ...
        public var step: String
        /// How many `MAIL`s all connections together have seen.
        public var mails: Int
    }

    public typealias Script = @Sendable (Moment) -> Act?

    public struct Record {
        public var connections = 0
        public var open = 0
        public var mostOpen = 0
        public var mails = 0
        public var lines: [String] = []
        public var bodies: [String] = []
    }

    public let port: Int
    private let listener: Int32
    private let extensions: [String]
    private let script: Script
    private let record = Mutex(Record())

    public init(extensions: [String] = ["PIPELINING"], script: @escaping Script = { _ in nil }) throws {
        self.extensions = extensions
        self.script = script
        (listener, port) = try Self.listen()
        Thread.detachNewThread { [self] in accept() }
    }

    private static func listen() throws -> (descriptor: Int32, port: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var size = Int32(8192)
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) + Glibc.listen(listener, 128) + getsockname(listener, address, &length)
            }
        }
        guard result == 0 else { throw POSIXError(.EADDRINUSE) }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    public func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    public var seen: Record { record.withLock { $0 } }

    private func accept() {
        while true {
            let peer = Glibc.accept(listener, nil, nil)
            guard peer >= 0 else { break }
            let number = record.withLock { record in
                record.connections += 1
                record.open += 1
                record.mostOpen = max(record.mostOpen, record.open)
                return record.connections
            }
            var isOn: Int32 = 1
            setsockopt(peer, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, 4)
            Thread.detachNewThread { [self] in
                serve(peer, number)
                record.withLock { $0.open -= 1 }
                close(peer)
            }
        }
        close(listener)
    }

    private func serve(_ peer: Int32, _ connection: Int) {
        var lines = LineReader(descriptor: peer)
        var isSilent = false
        func answer(_ step: String, _ usual: String) -> Bool {
            let mails = record.withLock { $0.mails }
            let act = script(Moment(connection: connection, step: step, mails: mails))
            if isSilent { return true }
            switch act {
            case nil: return say(peer, usual)
            case .say(let text): return say(peer, text)
            case .sayAndClose(let text):
                _ = say(peer, text)
                return false
            case .close: return false
            case .sayAndFallSilent(let text):
                isSilent = true
                return say(peer, text)
            case .silence:
                isSilent = true
                return true
            case .stall:
                var wait = pollfd(fd: peer, events: 0x2000, revents: 0)
                poll(&wait, 1, 60_000)
                return false
            }
        }
        guard answer("greeting", "220 test ESMTP\r\n") else { return }
        while let line = lines.next() {
            let step = String(line.prefix(4)).uppercased()
            record.withLock { record in
                record.lines.append("\(connection) \(line)")
                if step == "MAIL" { record.mails += 1 }
            }
            switch step {
            case "EHLO":
                let all = ["test"] + extensions
                let text = all.enumerated().map { "250\($0 == all.count - 1 ? " " : "-")\($1)\r\n" }.joined()
                guard answer(step, text) else { return }
            case "DATA":
                let isRefused: Bool
                switch script(Moment(connection: connection, step: step, mails: record.withLock { $0.mails })) {
                case .say(let text)?: isRefused = !text.hasPrefix("354")
                default: isRefused = false
                }
                guard answer(step, "354 go\r\n") else { return }
                if isRefused { continue }
                var body = ""
                while let line = lines.next(), line != "." {
                    if body.isEmpty {
                        let act = script(
                            Moment(connection: connection, step: "body", mails: record.withLock { $0.mails })
                        )
                        if act != nil, !answer("body", "") { return }
                    }
                    body += line + "\n"
                }
                record.withLock { $0.bodies.append(body) }
                guard answer(".", "250 2.0.0 Ok: queued as \(connection)\r\n") else { return }
            case "QUIT":
                _ = answer(step, "221 bye\r\n")
                return
            default:
                guard answer(step, "250 ok\r\n") else { return }
            }
        }
    }

    private func say(_ peer: Int32, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.isEmpty || send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
}

private struct LineReader {
    let descriptor: Int32
    private var bytes: [UInt8] = []
    private var offset = 0

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The next line without its end; `nil` at the end of the connection.
    mutating func next() -> String? {
        while true {
            if let feed = bytes[offset...].firstIndex(of: 0x0A) {
                let line = bytes[offset..<feed]
                offset = feed + 1
                return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            bytes.removeFirst(offset)
            offset = 0
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }
}
