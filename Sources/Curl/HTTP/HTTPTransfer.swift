import CCurl
import Glibc

/// A post on the network thread, from its beginning to its end.
final class HTTPTransfer {
    private let post: HTTPPost
    private let handle: EasyHandle
    private var lines: UnsafeMutablePointer<curl_slist>?
    private var answer: [UInt8] = []
    private var retryAfter: Int?
    fileprivate var metPrivateAddress = false

    init?(_ post: HTTPPost) {
        guard let handle = EasyHandle() else { return nil }
        self.post = post
        self.handle = handle
    }

    deinit {
        curl_slist_free_all(lines)
    }

    /// Keeps itself alive until `done` is called, on the network thread.
    func begin(on loop: NetworkLoop, done: @escaping (Result<HTTPAnswer, HTTPFailure>) -> Void) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        handle.set(CURLOPT_URL, post.url)
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_PROXY, "")
        handle.set(CURLOPT_FOLLOWLOCATION, 0)
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_CONNECTTIMEOUT, post.connectSeconds)
        handle.set(CURLOPT_TIMEOUT, post.totalSeconds)
        handle.set(CURLOPT_POST, 1)
        handle.set(CURLOPT_POSTFIELDSIZE, post.body.count)
        post.body.withUnsafeBytes { bytes in
            // libcurl keeps a copy.
            _ = curl_set_pointer(
                handle.pointer,
                CURLOPT_COPYPOSTFIELDS,
                UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
        }
        for (name, value) in post.headers + [("Expect", "")] {
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
        if !post.allowsPrivateAddresses {
            _ = curl_set_open_socket_callback(handle.pointer) { context, _, address in
                HTTPTransfer.open(context, address)
            }
            _ = curl_set_pointer(handle.pointer, CURLOPT_OPENSOCKETDATA, this)
        }
        loop.begin(handle) { [self] code in
            loop.end(handle)
            done(result(code))
        }
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

    /// What is beyond the limit is read and thrown away, up to the time limit.
    private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes else { return 0 }
        let wanted = min(count, post.mostAnswerBytes - answer.count)
        answer.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: max(0, wanted)))
        return count
    }

    private func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) {
        guard let bytes else { return }
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        let halves = line.split(separator: ":", maxSplits: 1)
        guard halves.count == 2, halves[0].lowercased() == "retry-after" else { return }
        retryAfter = Int(halves[1].filter { !$0.isWhitespace })
    }

    private func result(_ code: CURLcode) -> Result<HTTPAnswer, HTTPFailure> {
        if code == CURLE_OK {
            return .success(HTTPAnswer(status: handle.responseCode, body: answer, retryAfter: retryAfter))
        }
        let words = handle.message(for: code)
        if metPrivateAddress {
            return .failure(
                .init(reason: .privateAddress, description: "the name leads to an address that is not public")
            )
        }
        let reason: HTTPFailure.Reason =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: .connect
            case CURLE_ABORTED_BY_CALLBACK: .aborted
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: .tls
            default: .broken
            }
        return .failure(.init(reason: reason, description: words))
    }
}

extension NetworkThread {
    /// Posts to another server, and calls `done` on the network thread. Redirects are not followed and proxies are not used.
    public func post(_ post: HTTPPost, done: @escaping @Sendable (Result<HTTPAnswer, HTTPFailure>) -> Void) {
        let isPosted = self.post { loop in
            guard let transfer = HTTPTransfer(post) else {
                return done(.failure(.init(reason: .aborted, description: "libcurl has no memory")))
            }
            transfer.begin(on: loop, done: done)
        }
        if !isPosted { done(.failure(.init(reason: .aborted, description: "the network thread has ended"))) }
    }
}
