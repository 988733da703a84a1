import CCurl
import Glibc

/// An open session: a socket that a dialogue is carried over.
///
/// With TLS the bytes go through libcurl; without, straight to the socket, which spares libcurl's search for the
/// connection at each call.
final class SMTPSession: NetworkSocket {
    private enum Transfer {
        case moved(Int)
        case again
        case failed(String)
    }

    let descriptor: Int32
    let isTLS: Bool
    var place: Int?
    var dialogue: SMTPDialogue
    /// When the last message ended, or the session was opened.
    private(set) var idleSince: UInt64
    /// Kept by the pool: counted among its idle sessions.
    var isCountedIdle = false

    private let handle: EasyHandle
    private let loop: NetworkLoop
    private let came: (SMTPSession) -> Void
    /// The socket takes no more for now.
    private(set) var isBlocked = false
    private var isReadable = false

    /// `came` is called when the server has spoken or the socket takes bytes again.
    init(
        _ handle: EasyHandle,
        descriptor: Int32,
        opening: SMTPOpening,
        settings: SMTPSettings,
        loop: NetworkLoop,
        now: UInt64,
        came: @escaping (SMTPSession) -> Void
    ) {
        self.handle = handle
        self.descriptor = descriptor
        self.loop = loop
        self.came = came
        isTLS = settings.implicitTLS || opening.hasStartedTLS
        idleSince = now
        dialogue = SMTPDialogue(
            extensions: opening.extensions,
            pipelining: settings.pipelining,
            timeouts: settings.timeouts,
            now: now
        )
        loop.watch(self)
    }

    func ready(isReadable: Bool, isWritable: Bool) {
        if isWritable, isBlocked {
            isBlocked = false
            loop.await(self, readable: true, writable: false)
        }
        if isReadable { self.isReadable = true }
        came(self)
    }

    /// Hands what the server said to the dialogue.
    func listen(now: UInt64, into verdicts: inout SMTPVerdicts) {
        guard isReadable else { return }
        isReadable = false
        drain(now: now, into: &verdicts)
    }

    /// Sends what the dialogue has written, as far as the socket takes it.
    func speak(now: UInt64, into verdicts: inout SMTPVerdicts) {
        while !isBlocked, !dialogue.isOver {
            dialogue.fill()
            let waiting = dialogue.output.count
            guard waiting > 0 else { return }
            switch send(dialogue.output.bytes) {
            case .moved(let count):
                dialogue.sent(count, now: now)
                if count < waiting, !isTLS { block() }
            case .again:
                if isTLS { dialogue.offered() }
                block()
            case .failed(let text):
                if isTLS { dialogue.offered() }
                drain(now: now, into: &verdicts)
                dialogue.lose(SMTPFailure(.connectionLost, text), into: &verdicts)
            }
        }
    }

    func markIdle(now: UInt64) {
        idleSince = now
    }

    /// Ends the connection without a word.
    func close() {
        loop.unwatch(self)
        loop.end(handle)
    }

    /// While TLS has to repeat a send nothing is read: an answer could call for more output.
    private func block() {
        isBlocked = true
        loop.await(self, readable: !isTLS, writable: true)
    }

    private func drain(now: UInt64, into verdicts: inout SMTPVerdicts) {
        let buffer = loop.scratch
        while !dialogue.isOver {
            switch receive(buffer) {
            case .moved(0):
                let text = "The server closed the connection"
                dialogue.lose(SMTPFailure(.connectionLost, text), into: &verdicts)
            case .moved(let count):
                dialogue.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: now, into: &verdicts)
                if !isTLS, count < buffer.count { return }
            case .again:
                return
            case .failed(let text):
                dialogue.lose(SMTPFailure(.connectionLost, text), into: &verdicts)
            }
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        if isTLS {
            var count = 0
            let result = curl_easy_send(handle.pointer, bytes.baseAddress, bytes.count, &count)
            switch result {
            case CURLE_OK: return .moved(count)
            case CURLE_AGAIN: return .again
            default: return .failed(handle.message(for: result))
            }
        }
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
        return count >= 0 ? .moved(count) : failed(errno)
    }

    private func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        if isTLS {
            var count = 0
            let result = curl_easy_recv(handle.pointer, buffer.baseAddress, buffer.count, &count)
            switch result {
            case CURLE_OK: return .moved(count)
            case CURLE_AGAIN: return .again
            default: return .failed(handle.message(for: result))
            }
        }
        let count = Glibc.recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        return count >= 0 ? .moved(count) : failed(errno)
    }

    private func failed(_ code: Int32) -> Transfer {
        if code == EAGAIN || code == EWOULDBLOCK || code == EINTR { return .again }
        return .failed("The connection broke: \(String(cString: strerror(code)))")
    }
}
