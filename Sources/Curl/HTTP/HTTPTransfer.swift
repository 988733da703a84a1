import CCurl
import Glibc

/// A request on the network thread, from its beginning to its end.
final class HTTPTransfer {
    private let request: HTTPRequest
    private let handle: EasyHandle
    private var lines: UnsafeMutablePointer<curl_slist>?
    private var answer: [UInt8] = []
    private var headers: [String: String] = [:]
    /// Bytes of the body that libcurl has read.
    private var bodyOffset = 0
    fileprivate var metPrivateAddress = false
    private var isLate = false

    private static let mostHeaders = 64

    init?(_ request: HTTPRequest) {
        guard let handle = EasyHandle() else { return nil }
        self.request = request
        self.handle = handle
    }

    deinit {
        curl_slist_free_all(lines)
    }

    /// Keeps itself alive until `done` is called, on the network thread.
    func begin(on loop: NetworkLoop, done: @escaping (Result<HTTPAnswer, HTTPFailure>) -> Void) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        handle.set(CURLOPT_URL, request.url)
        handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_PROXY, "")
        handle.set(CURLOPT_FOLLOWLOCATION, 0)
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_CONNECTTIMEOUT, request.connectSeconds)
        handle.set(CURLOPT_TIMEOUT_MS, request.totalMilliseconds)
        if let file = request.caFile { handle.set(CURLOPT_CAINFO, file) }
        setBody(this)
        for (name, value) in request.headers + [("Expect", "")] {
            lines = curl_slist_append(lines, value.isEmpty ? "\(name):" : "\(name): \(value)")
        }
        _ = curl_set_pointer(handle.pointer, CURLOPT_HTTPHEADER, lines)
        _ = curl_set_lines_callback(handle.pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            HTTPTransfer.of(context)?.take(bytes, size * count) ?? 0
        }
        _ = curl_set_pointer(handle.pointer, CURLOPT_WRITEDATA, this)
        _ = curl_set_lines_callback(handle.pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            HTTPTransfer.of(context)?.takeHeader(bytes, size * count)
            return size * count
        }
        _ = curl_set_pointer(handle.pointer, CURLOPT_HEADERDATA, this)
        if !request.allowsPrivateAddresses {
            _ = curl_set_open_socket_callback(handle.pointer) { context, _, address in
                HTTPTransfer.open(context, address)
            }
            _ = curl_set_pointer(handle.pointer, CURLOPT_OPENSOCKETDATA, this)
        }
        _ = curl_set_prerequest_callback(handle.pointer) { context, remote, _, _, _ in
            let mayGo = HTTPTransfer.of(context)?.mayGo(to: remote.map { String(cString: $0) } ?? "") ?? false
            return mayGo ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        _ = curl_set_pointer(handle.pointer, CURLOPT_PREREQDATA, this)
        loop.begin(handle) { [self] code in
            loop.end(handle)
            done(result(code))
        }
    }

    /// The body of a request that must not be sent twice is read by libcurl bit by bit and cannot be read again: where it would
    /// have to be, the transfer fails (`CURLE_SEND_FAIL_REWIND`). One without a body has a connection of its own instead.
    private func setBody(_ this: UnsafeMutableRawPointer) {
        if request.method == .head {
            handle.set(CURLOPT_NOBODY, 1)
            return
        }
        if request.method == .get {
            handle.set(CURLOPT_HTTPGET, 1)
        } else {
            handle.set(CURLOPT_POST, 1)
            handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            handle.set(CURLOPT_POSTFIELDSIZE, request.body.count)
        }
        guard request.method != .get, !request.body.isEmpty else {
            if request.method != .get { handle.set(CURLOPT_COPYPOSTFIELDS, "") }
            if !request.isRepeatable { handle.set(CURLOPT_FRESH_CONNECT, 1) }
            return
        }
        guard !request.isRepeatable else {
            // libcurl keeps a copy.
            request.body.withUnsafeBytes { bytes in
                _ = curl_set_pointer(
                    handle.pointer,
                    CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                )
            }
            return
        }
        _ = curl_set_lines_callback(handle.pointer, CURLOPT_READFUNCTION) { bytes, size, count, context in
            HTTPTransfer.of(context)?.giveBody(bytes, size * count) ?? 0
        }
        _ = curl_set_pointer(handle.pointer, CURLOPT_READDATA, this)
    }

    private func giveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        guard let bytes else { return 0 }
        let count = min(room, request.body.count - bodyOffset)
        request.body.withUnsafeBytes { body in
            UnsafeMutableRawBufferPointer(start: bytes, count: count)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: body[bodyOffset..<bodyOffset + count]))
        }
        bodyOffset += count
        return count
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
        context.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Called with the very address that is about to be connected to, whatever the name has led to before.
    private static func open(
        _ context: UnsafeMutableRawPointer?,
        _ address: UnsafeMutablePointer<curl_sockaddr>?
    ) -> curl_socket_t {
        guard let address else { return CURL_SOCKET_BAD }
        let bytes = withUnsafePointer(to: &address.pointee.addr) { PublicAddress.bytes(of: $0) }
        guard PublicAddress.isPublic(bytes) else {
            of(context)?.metPrivateAddress = true
            return CURL_SOCKET_BAD
        }
        return socket(
            address.pointee.family,
            address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
            address.pointee.protocol
        )
    }

    /// Asked when the connection stands, a kept one too, before the first byte of the request leaves.
    private func mayGo(to address: String) -> Bool {
        isLate = MonotonicClock.now() > request.startBy
        if !request.allowsPrivateAddresses, !(PublicAddress.bytes(of: address).map(PublicAddress.isPublic) ?? false) {
            metPrivateAddress = true
        }
        return !isLate && !metPrivateAddress
    }

    /// What is beyond the limit is read and thrown away, up to the time limit.
    private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes else { return 0 }
        let wanted = min(count, request.mostAnswerBytes - answer.count)
        answer.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: max(0, wanted)))
        return count
    }

    private func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) {
        guard let bytes else { return }
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        let halves = line.split(separator: ":", maxSplits: 1)
        guard halves.count == 2, headers.count < HTTPTransfer.mostHeaders else { return }
        headers[halves[0].lowercased()] =
            halves[1].trimmingPrefix(while: \.isWhitespace).split(whereSeparator: \.isNewline)
            .first.map(String.init) ?? ""
    }

    private func result(_ code: CURLcode) -> Result<HTTPAnswer, HTTPFailure> {
        if code == CURLE_OK {
            return .success(
                HTTPAnswer(
                    status: handle.responseCode,
                    body: answer,
                    headers: headers,
                    retryAfter: headers["retry-after"] == nil ? nil : handle.retryAfter
                )
            )
        }
        let words = handle.message(for: code)
        if metPrivateAddress {
            let words = "the name leads to an address that is not public"
            return .failure(HTTPFailure(.privateAddress, hasLeft: false, words))
        }
        if isLate { return .failure(HTTPFailure(.late, hasLeft: false, "the connection stood too late")) }
        let reason: HTTPFailure.Reason =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: .connect
            case CURLE_ABORTED_BY_CALLBACK: .aborted
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: .tls
            default: .broken
            }
        return .failure(HTTPFailure(reason, hasLeft: handle.requestBytes > 0, words))
    }
}

extension NetworkThread {
    /// Sends a request to another server, and calls `done` on the network thread. Redirects are not followed and proxies are
    /// not used.
    public func send(_ request: HTTPRequest, done: @escaping @Sendable (Result<HTTPAnswer, HTTPFailure>) -> Void) {
        let isPosted = post { loop in
            guard let transfer = HTTPTransfer(request) else {
                return done(.failure(HTTPFailure(.aborted, hasLeft: false, "libcurl has no memory")))
            }
            transfer.begin(on: loop, done: done)
        }
        if !isPosted { done(.failure(HTTPFailure(.aborted, hasLeft: false, "the network thread has ended"))) }
    }
}
