import Curl

/// What one kind of service behind HTTP expects and answers. ``HTTPTransport`` does the rest.
protocol HTTPProvider: Sendable {
    /// The service knows a repeated request for the same, so that a lost answer is no doubt: it is simply asked again.
    var isIdempotent: Bool { get }

    /// One endpoint serves the whole lane, so that its failures speak of the lane. Else each message has its own.
    var hasOwnEndpoint: Bool { get }

    /// Throws an outcome where there is nothing to send.
    ///
    /// - Parameter now: seconds since 1970.
    func request(for delivery: Delivery, _ parts: Delivery.PartsPayload, now: Int64) throws(HTTPRefusal) -> HTTPRequest

    func verdict(_ answer: HTTPAnswer, now: Int64) -> HTTPVerdict

    /// Asks whether an earlier attempt, of which nobody knows, has arrived; `nil` where the service cannot tell.
    func inquiry(about delivery: Delivery, _ parts: Delivery.PartsPayload) -> HTTPRequest?

    /// What the answer to an inquiry says; `nil` when it says nothing.
    func findings(_ answer: HTTPAnswer, about delivery: Delivery, _ parts: Delivery.PartsPayload) -> HTTPFindings?
}

/// What became of an earlier attempt.
enum HTTPFindings: Equatable {
    struct Candidate: Equatable {
        let detail: String
        let reference: String
    }

    /// Texts that may be it, the likeliest first; one that is known to be another message's is not.
    case found([Candidate])
    case neverArrived
}

/// Nothing is sent; this is what becomes of the message.
struct HTTPRefusal: Error {
    let outcome: Outcome

    init(_ reason: Outcome.Reason, _ detail: String) {
        outcome = .rejected(reason, detail)
    }
}

extension HTTPProvider {
    func inquiry(about delivery: Delivery, _ parts: Delivery.PartsPayload) -> HTTPRequest? { nil }

    func findings(_ answer: HTTPAnswer, about delivery: Delivery, _ parts: Delivery.PartsPayload) -> HTTPFindings? {
        nil
    }
}
