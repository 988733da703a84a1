import CCurl

/// A session on its way to be open: the bearer token if there is one, then libcurl's part.
final class SMTPConnecting {
    enum Ending {
        case open(EasyHandle, SMTPOpening)
        case failed(SMTPOpening.Failure)
    }

    let id: UInt64
    private let settings: SMTPSettings
    private let loop: NetworkLoop
    private let done: (SMTPConnecting, Ending) -> Void
    private var handle: EasyHandle?
    private var opening = SMTPOpening()
    private var isAwaitingConnection = true
    /// When this stage began.
    private(set) var since: UInt64
    private(set) var deadline: UInt64
    /// Whether the token in use was fetched because the one before was refused.
    private(set) var isSecondToken = false
    private(set) var isOver = false

    init(
        id: UInt64 = 0,
        _ settings: SMTPSettings,
        loop: NetworkLoop,
        now: UInt64,
        done: @escaping (SMTPConnecting, Ending) -> Void
    ) {
        self.id = id
        self.settings = settings
        self.loop = loop
        self.done = done
        since = now
        deadline = now + settings.timeouts.connect.nanoseconds
    }

    var phase: SMTPPhase {
        guard handle != nil else { return .authentication }
        if opening.hello != nil { return .authentication }
        return opening.greeting == nil ? (isAwaitingConnection ? .connect : .greeting) : .hello
    }

    /// TCP stands, and TLS when it comes first.
    private var isConnected: Bool {
        (handle?.time(settings.implicitTLS ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T) ?? 0) > 0
    }

    /// A new token is being fetched after a refusal: all starts again, and `done` will be called once more.
    func awaitSecondToken(now: UInt64) {
        isOver = false
        isSecondToken = true
        opening = SMTPOpening()
        restart(settings.timeouts.connect, now: now)
    }

    func connect(token: String?, now: UInt64) {
        guard !isOver, handle == nil else { return }
        guard let handle = EasyHandle() else {
            return finish(.failed(.connection(SMTPFailure(.other, "libcurl has no memory for a connection"))))
        }
        self.handle = handle
        isAwaitingConnection = true
        restart(settings.timeouts.connect, now: now)
        configure(handle, token: token)
        loop.begin(handle) { [unowned self] in self.ended($0) }
    }

    /// Gives up without a word to `done`.
    func cancel() {
        isOver = true
        guard let handle else { return }
        loop.end(handle)
        self.handle = nil
    }

    func fail(_ failure: SMTPOpening.Failure) {
        finish(.failed(failure))
    }

    /// Ends the attempt when `deadline` has passed; the time for the greeting begins when TCP (and TLS) stand. To be
    /// called after whatever libcurl has done.
    func expire(now: UInt64) {
        guard !isOver else { return }
        if isAwaitingConnection, isConnected {
            isAwaitingConnection = false
            if opening.last == nil { restart(settings.timeouts.greeting, now: now) }
        }
        guard now >= deadline else { return }
        let what: String
        switch phase {
        case .connect: what = "No connection to \(settings.host) port \(settings.port)"
        case .greeting: what = "No greeting from \(settings.host) port \(settings.port)"
        default: what = handle == nil ? "No bearer token" : "No answer during \(phase.rawValue)"
        }
        let reason: SMTPFailure.Reason = handle == nil ? .token : .timeout
        let failure = SMTPFailure(reason, "\(what) within \((now - since) / 1_000_000) ms", reply: opening.last)
        finish(.failed(.connection(failure)))
    }

    private func restart(_ timeout: Duration, now: UInt64) {
        since = now
        deadline = now + timeout.nanoseconds
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let before = opening.last
        opening.receive(bytes)
        if opening.last != before { restart(settings.timeouts.command, now: MonotonicClock.now()) }
        return opening.garbage == nil
    }

    private func ended(_ code: CURLcode) {
        guard let handle else { return }
        let message = handle.message(for: code)
        if let failure = opening.failure(code, message, settings: settings) {
            loop.end(handle)
            self.handle = nil
            finish(.failed(failure))
        } else {
            _ = curl_set_pointer(handle.pointer, CURLOPT_HEADERDATA, nil)
            self.handle = nil
            finish(.open(handle, opening))
        }
    }

    private func finish(_ ending: Ending) {
        guard !isOver else { return }
        if let handle {
            loop.end(handle)
            self.handle = nil
        }
        isOver = true
        done(self, ending)
    }

    private func configure(_ handle: EasyHandle, token: String?) {
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        let scheme = settings.implicitTLS ? "smtps" : "smtp"
        handle.set(CURLOPT_URL, "\(scheme)://\(host):\(settings.port)/\(settings.heloName.urlPath)")
        handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        handle.set(CURLOPT_PROXY, "")
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_QUICK_EXIT, 1)
        handle.set(CURLOPT_CONNECT_ONLY, 1)
        handle.set(CURLOPT_TCP_KEEPALIVE, 1)
        let timeouts = settings.timeouts
        let opening = timeouts.connect + timeouts.greeting + timeouts.command * 8
        let seconds = Int(min(opening.components.seconds, 1_000_000)) + 1
        handle.set(CURLOPT_CONNECTTIMEOUT, seconds)
        handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds)
        if settings.implicitTLS {
            handle.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        } else {
            let level =
                switch settings.tls {
                case .required: CURLUSESSL_ALL
                case .opportunistic: CURLUSESSL_TRY
                case .none: CURLUSESSL_NONE
                }
            handle.set(CURLOPT_USE_SSL, Int(level.rawValue))
        }
        handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        handle.set(CURLOPT_SSL_VERIFYPEER, settings.verify ? 1 : 0)
        handle.set(CURLOPT_SSL_VERIFYHOST, settings.verify ? 2 : 0)
        if let caFile = settings.caFile { handle.set(CURLOPT_CAINFO, caFile) }
        if settings.hasCredentials { handle.set(CURLOPT_USERNAME, settings.username ?? "") }
        if let token {
            handle.set(CURLOPT_XOAUTH2_BEARER, token)
            handle.set(CURLOPT_LOGIN_OPTIONS, "AUTH=OAUTHBEARER;AUTH=XOAUTH2")
        } else if settings.hasCredentials, let password = settings.password {
            handle.set(CURLOPT_PASSWORD, password)
            handle.set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN")
        }
        _ = curl_set_pointer(handle.pointer, CURLOPT_HEADERDATA, Unmanaged.passUnretained(self).toOpaque())
        _ = curl_set_lines_callback(handle.pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let context else { return 0 }
            let connecting = Unmanaged<SMTPConnecting>.fromOpaque(context).takeUnretainedValue()
            return connecting.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
    }
}

extension String {
    /// Percent-encoded but for letters, digits, `-`, `.` and `_`.
    fileprivate var urlPath: String {
        var path = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                path.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                path += hex.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return path
    }
}
