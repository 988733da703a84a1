import Curl

/// What an answer means for the message and for the lane.
struct HTTPVerdict: Equatable {
    let outcome: Outcome
    /// `nil` where it tells nothing about the lane.
    let sign: Breaker.Sign?

    init(_ outcome: Outcome, _ sign: Breaker.Sign? = .working) {
        self.outcome = outcome
        self.sign = sign
    }

    /// Our credentials, or the lane's address: the message has lost nothing.
    static func ourFault(_ detail: String) -> HTTPVerdict { HTTPVerdict(.putBack, .ourFault(detail)) }

    static let longestWait = 86_400

    /// An answer that is no success, by its class (RFC 9110, 15).
    ///
    /// - 401 and 403 speak of our credentials, and with an endpoint of the lane's own so do 404, 405 and 410.
    /// - 408, 425, 429 and 503 ask to come again; every other 5xx too, where a repeated request is known as such. Of the lane they
    ///   say that it has trouble.
    /// - A redirect is not followed: whoever configured the address has to.
    ///
    /// - Parameter words: what it says; default its status and the beginning of its body.
    init(failure answer: HTTPAnswer, isIdempotent: Bool, hasOwnEndpoint: Bool, words: String? = nil) {
        let detail = words ?? HTTPVerdict.words(answer)
        let after = answer.retryAfter.map { Int64(min(max($0, 0), HTTPVerdict.longestWait)) * 1000 }
        let overloaded: Breaker.Sign = hasOwnEndpoint ? .congested : .working
        switch answer.status {
        case 401, 403, 407: self = hasOwnEndpoint ? .ourFault(detail) : HTTPVerdict(.rejected(.policy, detail))
        case 404, 405: self = hasOwnEndpoint ? .ourFault(detail) : HTTPVerdict(.rejected(.permanent, detail))
        case 410: self = hasOwnEndpoint ? .ourFault(detail) : HTTPVerdict(.rejected(.recipient, detail))
        case 300..<400: self = hasOwnEndpoint ? .ourFault(detail) : HTTPVerdict(.retry(.temporary, detail))
        case 429:
            self = HTTPVerdict(
                .retry(.temporary, detail, after: after),
                hasOwnEndpoint ? .throttled(after: after) : nil
            )
        case 408, 425, 503: self = HTTPVerdict(.retry(.temporary, detail, after: after), overloaded)
        case 400..<500: self = HTTPVerdict(.rejected(.permanent, detail))
        case 500...:
            self = HTTPVerdict(
                isIdempotent ? .retry(.temporary, detail, after: after) : .uncertain(.temporary, detail),
                overloaded
            )
        default: self = .unclear(answer, isIdempotent: isIdempotent)
        }
    }

    /// A success that does not read like one.
    static func unclear(_ answer: HTTPAnswer, isIdempotent: Bool) -> HTTPVerdict {
        let detail = "this answer is not understood: \(words(answer))"
        return HTTPVerdict(isIdempotent ? .retry(.garbage, detail) : .uncertain(.garbage, detail))
    }

    /// No answer came.
    init(_ failure: HTTPFailure, isIdempotent: Bool, hasOwnEndpoint: Bool) {
        let words = failure.description
        let reason: Outcome.Reason =
            switch failure.reason {
            case .connect, .broken, .aborted, .late: .connection
            case .tls: .tls
            case .timeout: .timeout
            case .privateAddress: .policy
            }
        switch failure.reason {
        case .late: self = .putBack
        case .aborted: self = failure.hasLeft && !isIdempotent ? HTTPVerdict(.uncertain(reason, words), nil) : .putBack
        case .privateAddress: self = hasOwnEndpoint ? .ourFault(words) : HTTPVerdict(.rejected(reason, words))
        case .connect, .tls, .timeout, .broken:
            let sign: Breaker.Sign? = hasOwnEndpoint ? .connectFailed(words) : nil
            let isInDoubt = failure.hasLeft && !isIdempotent
            self = HTTPVerdict(isInDoubt ? .uncertain(reason, words) : .retry(reason, words), sign)
        }
    }

    /// The same of an answer to an inquiry, which can refuse no message: it is asked again.
    var ofInquiry: HTTPVerdict {
        guard case .rejected(_, let detail) = outcome else { return self }
        return HTTPVerdict(.retry(.temporary, detail), sign)
    }

    private static let putBack = HTTPVerdict(.putBack, nil)

    /// The status and the beginning of the body.
    static func words(_ answer: HTTPAnswer) -> String {
        let text = String(decoding: answer.body.prefix(200), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return text.isEmpty ? "\(answer.status)" : "\(answer.status) \(text)"
    }
}
