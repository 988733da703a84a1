/// What a relay said when it was asked for nothing but its name.
public struct SMTPProbe: Sendable, Hashable {
    public var address: String
    public var greeting: SMTPReply
    public var extensions: SMTPExtensions
    public var isTLS: Bool
    public var isAuthenticated: Bool

    public init(
        address: String,
        greeting: SMTPReply,
        extensions: SMTPExtensions,
        isTLS: Bool,
        isAuthenticated: Bool
    ) {
        self.address = address
        self.greeting = greeting
        self.extensions = extensions
        self.isTLS = isTLS
        self.isAuthenticated = isAuthenticated
    }
}

/// Opens one session as the settings say, with STARTTLS and AUTH, and ends it with `QUIT`; no mail is sent. The
/// network thread must run.
public func probeSMTP(_ settings: SMTPSettings, on thread: NetworkThread) async -> Result<SMTPProbe, SMTPFailure> {
    let token: String?
    do {
        token = try await settings.bearerToken?(false)
    } catch {
        return .failure(SMTPFailure(.token, "No bearer token: \(error)"))
    }
    let id = thread.newID()
    return await withCheckedContinuation { continuation in
        let isPosted = thread.post { loop in
            let prober = SMTPProber(settings, token: token, loop: loop) { [unowned loop] result in
                loop.remove(id: id)
                continuation.resume(returning: result)
            }
            loop.add(prober, id: id)
        }
        if !isPosted { continuation.resume(returning: .failure(SMTPFailure(.aborted, "The network thread has ended"))) }
    }
}
