import Foundation
import Glibc
import Synchronization

/// An HTTP server on 127.0.0.1 that answers what its script says, on connections that it keeps.
public final class ScriptedHTTPServer: Sendable {
    public struct Request: Sendable {
        /// Counted from 1, over all connections.
        public let number: Int
        /// Counted from 1, on its connection.
        public let place: Int
        public let method: String
        public let target: String
        /// By lower-case name.
        public let headers: [String: String]
        public let body: [UInt8]

        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    public enum Act: Sendable {
        case answer(Int, String, headers: [String: String] = [:])
        /// Bytes as they are, and the end of the connection.
        case raw([UInt8])
        /// The request was taken, and its answer is lost.
        case close
        /// Never answers.
        case silence
    }

    public typealias Script = @Sendable (Request) -> Act

    public let port: Int
    private let listener: Int32
    private let script: Script
    private let taken = Mutex<[Request]>([])

    public var url: String { "http://127.0.0.1:\(port)" }

    /// All that came whole.
    public var requests: [Request] { taken.withLock { $0 } }

    public init(_ script: @escaping Script) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, size) = (listener, length)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) + listen(listener, 128) + getsockname(listener, address, &length)
            }
        }
        guard result == 0 else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let peer = accept(listener, nil, nil)
                guard peer >= 0 else { return }
                Thread.detachNewThread { self.serve(peer) }
            }
        }
    }

    deinit { stop() }

    public func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ peer: Int32) {
        defer { Glibc.close(peer) }
        var bytes: [UInt8] = []
        var place = 0
        while let (head, body) = ScriptedHTTPServer.read(peer, &bytes) {
            place += 1
            let lines = head.components(separatedBy: "\r\n")
            let words = lines[0].split(separator: " ").map(String.init)
            let headers = Dictionary(
                lines.dropFirst().compactMap { line -> (String, String)? in
                    let halves = line.split(separator: ":", maxSplits: 1)
                    guard halves.count == 2 else { return nil }
                    return (halves[0].lowercased(), halves[1].trimmingCharacters(in: .whitespaces))
                },
                uniquingKeysWith: { $1 }
            )
            let request = taken.withLock { taken in
                let request = Request(
                    number: taken.count + 1,
                    place: place,
                    method: words[0],
                    target: words[1],
                    headers: headers,
                    body: body
                )
                taken.append(request)
                return request
            }
            switch script(request) {
            case .answer(let status, let text, let headers):
                let fields = headers.map { "\($0): \($1)\r\n" }.joined()
                let head = "HTTP/1.1 \(status) X\r\nContent-Length: \(text.utf8.count)\r\n\(fields)\r\n"
                guard ScriptedHTTPServer.send(peer, Array((head + text).utf8)) else { return }
            case .raw(let bytes):
                _ = ScriptedHTTPServer.send(peer, bytes)
                return
            case .close: return
            case .silence: while recv(peer, &bytes, bytes.count, 0) > 0 {}
            }
        }
    }

    private static func read(_ peer: Int32, _ bytes: inout [UInt8]) -> (String, [UInt8])? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                let length = head.lowercased().firstMatch(of: /content-length: *([0-9]+)/).flatMap { Int($0.1) } ?? 0
                if bytes.count >= end.upperBound + length {
                    let body = Array(bytes[end.upperBound..<end.upperBound + length])
                    bytes.removeFirst(end.upperBound + length)
                    return (head, body)
                }
            }
            let count = recv(peer, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private static func send(_ peer: Int32, _ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(peer, $0.baseAddress.map { $0 + offset }, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }
}
