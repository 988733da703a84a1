import CCurl
import Glibc

/// The part of a probe that lives on the network thread.
final class SMTPProber: NetworkResident {
    private let settings: SMTPSettings
    private let token: String?
    private let loop: NetworkLoop
    private var done: ((Result<SMTPProbe, SMTPFailure>) -> Void)?
    private var connecting: SMTPConnecting?

    init(
        _ settings: SMTPSettings,
        token: String?,
        loop: NetworkLoop,
        done: @escaping (Result<SMTPProbe, SMTPFailure>) -> Void
    ) {
        self.settings = settings
        self.token = token
        self.loop = loop
        self.done = done
    }

    func turn(now: UInt64) -> UInt64 {
        guard done != nil else { return .max }
        if let connecting {
            connecting.expire(now: now)
        } else {
            let attempt = SMTPConnecting(settings, loop: loop, now: now) { [unowned self] in self.ended($1) }
            connecting = attempt
            attempt.connect(token: token, now: now)
        }
        return connecting?.deadline ?? .max
    }

    func abandon() {
        connecting?.cancel()
        finish(.failure(SMTPFailure(.aborted, "The network thread has ended")))
    }

    private func ended(_ ending: SMTPConnecting.Ending) {
        switch ending {
        case .failed(let failure):
            finish(.failure(failure.failure))
        case .open(let handle, let opening):
            var session: SMTPSession?
            if let descriptor = handle.activeSocket {
                session = SMTPSession(
                    handle,
                    descriptor: descriptor,
                    opening: opening,
                    settings: settings,
                    loop: loop,
                    now: MonotonicClock.now()
                ) { _ in }
            }
            let probe = SMTPProbe(
                address: handle.primaryAddress ?? "",
                greeting: opening.greeting ?? SMTPReply(code: 220, text: ""),
                extensions: opening.extensions,
                isTLS: settings.implicitTLS || opening.hasStartedTLS,
                isAuthenticated: opening.isAuthenticated
            )
            if let session {
                var verdicts = SMTPVerdicts()
                let now = MonotonicClock.now()
                session.dialogue.quit(now: now)
                session.speak(now: now, into: &verdicts)
                session.close()
            } else {
                loop.end(handle)
            }
            finish(.success(probe))
        }
    }

    private func finish(_ result: Result<SMTPProbe, SMTPFailure>) {
        done?(result)
        done = nil
    }
}
