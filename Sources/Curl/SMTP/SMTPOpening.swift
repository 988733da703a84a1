import CCurl

/// What a server said while libcurl opened the session: greeting, `EHLO`, `STARTTLS`, `AUTH`.
struct SMTPOpening {
    /// How an opening failed, and for whom it is to mend.
    enum Failure: Error {
        case connection(SMTPFailure)
        case credentials(SMTPFailure)

        var failure: SMTPFailure {
            switch self {
            case .connection(let failure), .credentials(let failure): failure
            }
        }
    }

    private var parser = SMTPReplyParser()
    private(set) var greeting: SMTPReply?
    private(set) var last: SMTPReply?
    /// The answer to the last `EHLO`; with STARTTLS there are two.
    private(set) var hello: SMTPReply?
    /// The server said 220 to `STARTTLS`.
    private(set) var hasStartedTLS = false
    private(set) var isAuthenticated = false
    /// A line came that is no reply; its text.
    private(set) var garbage: String?

    var extensions: SMTPExtensions { hello.map(SMTPExtensions.init) ?? SMTPExtensions() }

    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while garbage == nil {
            switch parser.parse(bytes, from: &offset) {
            case .incomplete: return
            case .malformed: garbage = parser.excerpt
            case .complete: take(parser.reply)
            }
        }
    }

    private mutating func take(_ reply: SMTPReply) {
        last = reply
        if greeting == nil {
            greeting = reply
            return
        }
        switch reply.code {
        case 220: hasStartedTLS = true
        case 235: isAuthenticated = true
        case 250: hello = reply
        default: break
        }
    }

    /// What libcurl's result means; `message` is libcurl's own text.
    func failure(_ code: CURLcode, _ message: String, settings: SMTPSettings) -> Failure? {
        if let garbage {
            return .connection(SMTPFailure(.garbage, "The server answered what is not SMTP: \(garbage)"))
        }
        guard code != CURLE_OK else {
            guard settings.hasCredentials, !isAuthenticated else { return nil }
            let text = "The server does not offer AUTH, but credentials are configured"
            return .credentials(SMTPFailure(.credentials, text))
        }
        let refusal = last.flatMap { $0.code >= 400 ? $0 : nil }
        if code == CURLE_LOGIN_DENIED, !(refusal?.isTransient ?? false) {
            let text =
                refusal == nil ? "The server offers no way to authenticate that is supported" : "Credentials refused"
            return .credentials(SMTPFailure(.credentials, text, reply: refusal))
        }
        return .connection(SMTPFailure(reason(code, refusal), message, reply: refusal))
    }

    private func reason(_ code: CURLcode, _ refusal: SMTPReply?) -> SMTPFailure.Reason {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
        case CURLE_COULDNT_CONNECT: .connect
        case CURLE_PEER_FAILED_VERIFICATION: .certificate
        case CURLE_SSL_CONNECT_ERROR, CURLE_USE_SSL_FAILED, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_ENGINE_INITFAILED:
            .tls
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_WEIRD_SERVER_REPLY: refusal == nil ? .garbage : .refused
        case CURLE_REMOTE_ACCESS_DENIED, CURLE_LOGIN_DENIED: .refused
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING: refusal == nil ? .connectionLost : .refused
        default: .other
        }
    }
}
