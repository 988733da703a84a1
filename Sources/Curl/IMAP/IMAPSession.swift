import CCurl
import Glibc

/// A session with a mail server: libcurl connects, secures and signs in, and the rest is spoken over its socket.
///
/// Each call waits for the server: it belongs on a thread of its own.
final class IMAPSession {
    private let handle: EasyHandle
    private let socket: Int32
    private var reader: IMAPReader
    private var number = 0

    /// The longest wait for anything, seconds.
    static let patience = 60

    /// - Parameter largest: bytes; a longer mail is not read.
    init(_ settings: IMAPSettings, largest: Int) throws(IMAPFailure) {
        guard let handle = EasyHandle() else {
            throw IMAPFailure(.connection, "libcurl has no memory for a connection")
        }
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        handle.set(CURLOPT_URL, "\(settings.implicitTLS ? "imaps" : "imap")://\(host):\(settings.port)/")
        handle.set(CURLOPT_PROTOCOLS_STR, "imap,imaps")
        handle.set(CURLOPT_PROXY, "")
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_CONNECT_ONLY, 1)
        handle.set(CURLOPT_CONNECTTIMEOUT, IMAPSession.patience)
        handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, IMAPSession.patience)
        let level = settings.allowsPlain ? CURLUSESSL_TRY : CURLUSESSL_ALL
        handle.set(CURLOPT_USE_SSL, Int(level.rawValue))
        handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = settings.caFile { handle.set(CURLOPT_CAINFO, file) }
        handle.set(CURLOPT_USERNAME, settings.username)
        if let token = settings.bearerToken {
            handle.set(CURLOPT_XOAUTH2_BEARER, token)
            handle.set(CURLOPT_LOGIN_OPTIONS, "AUTH=OAUTHBEARER;AUTH=XOAUTH2")
        } else {
            handle.set(CURLOPT_PASSWORD, settings.password ?? "")
        }
        let code = curl_easy_perform(handle.pointer)
        guard code == CURLE_OK else {
            let reason: IMAPFailure.Reason =
                switch code {
                case CURLE_LOGIN_DENIED: .credentials
                case CURLE_OPERATION_TIMEDOUT: .timeout
                default: .connection
                }
            throw IMAPFailure(reason, handle.message(for: code))
        }
        guard let socket = handle.activeSocket else { throw IMAPFailure(.connection, "the connection was lost") }
        self.handle = handle
        self.socket = socket
        reader = IMAPReader(largest: largest)
    }

    /// Sends a command and returns the untagged answers to it.
    @discardableResult
    func run(_ command: String) throws(IMAPFailure) -> [IMAPReader.Answer] {
        number += 1
        let tag = "d\(number)"
        try send(Array("\(tag) \(command)\r\n".utf8))
        var answers: [IMAPReader.Answer] = []
        while true {
            let answer = try next()
            guard answer.line.hasPrefix("\(tag) ") else {
                answers.append(answer)
                continue
            }
            let rest = answer.line.dropFirst(tag.count + 1)
            guard rest.uppercased().hasPrefix("OK") else {
                throw IMAPFailure(.refused, "\(command.prefix { $0 != " " }): \(rest.prefix(200))")
            }
            return answers
        }
    }

    private func next() throws(IMAPFailure) -> IMAPReader.Answer {
        while true {
            do throws(IMAPReader.Fault) {
                if let answer = try reader.next() { return answer }
            } catch {
                throw IMAPFailure(.garbage, "the server sent what is no IMAP")
            }
            try receive()
        }
    }

    private func receive() throws(IMAPFailure) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            var count = 0
            let code = curl_easy_recv(handle.pointer, &bytes, bytes.count, &count)
            switch code {
            case CURLE_OK where count > 0:
                reader.receive(bytes[..<count])
                return
            case CURLE_AGAIN: try wait(Int16(POLLIN))
            default: throw IMAPFailure(.connection, "the connection was lost")
            }
        }
    }

    private func send(_ bytes: [UInt8]) throws(IMAPFailure) {
        var offset = 0
        while offset < bytes.count {
            var count = 0
            let code = bytes.withUnsafeBytes {
                curl_easy_send(handle.pointer, $0.baseAddress?.advanced(by: offset), bytes.count - offset, &count)
            }
            switch code {
            case CURLE_OK: offset += count
            case CURLE_AGAIN: try wait(Int16(POLLOUT))
            default: throw IMAPFailure(.connection, "the connection was lost")
            }
        }
    }

    private func wait(_ events: Int16) throws(IMAPFailure) {
        var descriptor = pollfd(fd: socket, events: events, revents: 0)
        let ready = poll(&descriptor, 1, Int32(IMAPSession.patience * 1000))
        if ready == 0 { throw IMAPFailure(.timeout, "no answer within \(IMAPSession.patience) s") }
    }
}
