import CCurl

/// One of libcurl's easy handles; it lives on the network thread only.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// `nil` when libcurl has no memory for it.
    init?() {
        guard let pointer = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.pointer = pointer
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        _ = curl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText)
    }

    deinit {
        curl_easy_cleanup(pointer)
        errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) {
        _ = curl_set_long(pointer, option, value)
    }

    func set(_ option: CURLoption, _ value: String) {
        _ = curl_set_string(pointer, option, value)
    }

    /// The status of the answer; 0 while there is none.
    var responseCode: Int {
        var code = 0
        _ = curl_get_long(pointer, CURLINFO_RESPONSE_CODE, &code)
        return code
    }

    /// Bytes of the request that were sent, its head included.
    var requestBytes: Int {
        var bytes = 0
        _ = curl_get_long(pointer, CURLINFO_REQUEST_SIZE, &bytes)
        return bytes
    }

    /// Seconds that the answer asks to wait for, whether as a number or as a date.
    var retryAfter: Int {
        var seconds: curl_off_t = 0
        _ = curl_get_offset(pointer, CURLINFO_RETRY_AFTER, &seconds)
        return Int(seconds)
    }

    /// Nanoseconds from a time in microseconds; 0 when it has not come to that.
    func time(_ info: CURLINFO) -> UInt64 {
        var microseconds: curl_off_t = 0
        guard curl_get_offset(pointer, info, &microseconds) == CURLE_OK, microseconds > 0 else { return 0 }
        return UInt64(microseconds) * 1000
    }

    /// The socket of a handle opened with `CURLOPT_CONNECT_ONLY`.
    var activeSocket: Int32? {
        var socket = CURL_SOCKET_BAD
        guard curl_get_socket(pointer, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK, socket != CURL_SOCKET_BAD else {
            return nil
        }
        return socket
    }

    var primaryAddress: String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_get_string(pointer, CURLINFO_PRIMARY_IP, &text) == CURLE_OK, let text else { return nil }
        return String(cString: text)
    }

    /// What libcurl says about a failure, the general words for its code when it says nothing.
    func message(for code: CURLcode) -> String {
        errorText.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
    }
}
