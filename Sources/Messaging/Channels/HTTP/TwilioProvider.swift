import Curl
import Foundation
import JSON

/// Texts through Twilio (<https://www.twilio.com/docs/messaging/api/message-resource>).
///
/// Twilio knows no idempotency key: whether a text was taken whose answer was lost is found out by listing what was sent.
struct TwilioProvider: HTTPProvider {
    let account: String
    let authToken: String
    let from: String?
    let service: String?
    /// Without a slash at its end.
    let url: String
    let timeoutMilliseconds: Int
    let caFile: String?
    /// Where Twilio tells what became of a text; `nil` where the world cannot reach us.
    let callback: String?

    let isIdempotent = false
    let hasOwnEndpoint = true

    /// A text waits at Twilio no longer than its expiry allows; seconds.
    static let validity: ClosedRange<Int64> = 1...36_000
    /// A text has at most so many characters.
    static let longest = 1600
    /// Clocks differ by no more than so much; milliseconds.
    static let clockTolerance: Int64 = 120_000

    private var messages: String { "\(url)/2010-04-01/Accounts/\(account)/Messages.json" }

    private var authorization: (name: String, value: String) {
        ("Authorization", "Basic " + Data("\(account):\(authToken)".utf8).base64EncodedString())
    }

    func request(
        for delivery: Delivery,
        _ parts: Delivery.PartsPayload,
        now: Int64
    ) throws(HTTPRefusal) -> HTTPRequest {
        let text = parts.text
        guard text.unicodeScalars.count <= TwilioProvider.longest else {
            throw HTTPRefusal(.tooLarge, "Twilio takes at most \(TwilioProvider.longest) characters")
        }
        var fields: [(name: String, value: String)] = [("To", parts.addressKey), ("Body", text)]
        if let service { fields.append(("MessagingServiceSid", service)) }
        if let from { fields.append(("From", from)) }
        if let expires = delivery.handOff.latest {
            let left = min(
                max(expires / 1000 - now, TwilioProvider.validity.lowerBound),
                TwilioProvider.validity.upperBound
            )
            fields.append(("ValidityPeriod", "\(left)"))
        }
        if let callback { fields.append(("StatusCallback", "\(callback)?message=\(delivery.handOff.id)")) }
        var request = HTTPRequest(
            url: messages,
            headers: [authorization, ("Content-Type", "application/x-www-form-urlencoded"), ("User-Agent", "Dunlin")],
            body: Array(FormEncoding.encode(fields).utf8)
        )
        prepare(&request)
        request.isRepeatable = false
        return request
    }

    private func prepare(_ request: inout HTTPRequest) {
        request.totalMilliseconds = timeoutMilliseconds
        request.allowsPrivateAddresses = true
        request.caFile = caFile
        request.mostAnswerBytes = 1 << 20
    }

    func verdict(_ answer: HTTPAnswer, now: Int64) -> HTTPVerdict {
        let body = try? JSONValue.parse(answer.body)
        if (200..<300).contains(answer.status) {
            guard let sid = body?["sid"]?.string, !sid.isEmpty else { return .unclear(answer, isIdempotent: false) }
            return HTTPVerdict(.accepted("\(body?["status"]?.string ?? "accepted") \(sid)", reference: sid))
        }
        let code = body?["code"]?.integer.map { Int($0) }
        let detail = [code.map(String.init), body?["message"]?.string].compactMap { $0 }.joined(separator: " ")
        let words = detail.isEmpty ? HTTPVerdict.words(answer) : detail
        if let code, let meaning = TwilioError(code)?.verdict(words) { return meaning }
        return HTTPVerdict(failure: answer, isIdempotent: false, hasOwnEndpoint: true, words: words)
    }

    // MARK: - What became of an earlier attempt

    func inquiry(about delivery: Delivery, _ parts: Delivery.PartsPayload) -> HTTPRequest? {
        let fields = [(name: "To", value: parts.addressKey), (name: "PageSize", value: "100")]
        var request = HTTPRequest(
            url: "\(messages)?\(FormEncoding.encode(fields))",
            headers: [authorization, ("User-Agent", "Dunlin")],
            body: []
        )
        request.method = .get
        prepare(&request)
        return request
    }

    /// The text itself is what tells one from another: the same words to the same number since the doubt began are it.
    func findings(_ answer: HTTPAnswer, about delivery: Delivery, _ parts: Delivery.PartsPayload) -> HTTPFindings? {
        guard (200..<300).contains(answer.status), let body = try? JSONValue.parse(answer.body),
            let messages = body["messages"], messages.kind == .array
        else { return nil }
        let since = (delivery.handOff.doubtSince ?? 0) - TwilioProvider.clockTolerance
        var candidates: [HTTPFindings.Candidate] = []
        for message in messages.elements
        where message["to"]?.string == parts.addressKey && message["body"]?.string == parts.text
            && message["direction"]?.string?.hasPrefix("outbound") ?? true
        {
            guard let sid = message["sid"]?.string, let created = message["date_created"]?.string,
                let time = HTTPDate.seconds(created), time * 1000 >= since
            else { continue }
            let detail = "found at Twilio: \(message["status"]?.string ?? "") \(sid)"
            candidates.append(.init(detail: detail, reference: sid))
        }
        return candidates.isEmpty ? .neverArrived : .found(candidates)
    }
}

/// Codes of Twilio that say more than the status (<https://www.twilio.com/docs/api/errors>).
enum TwilioError {
    /// The number exists not, or takes no texts.
    case badNumber
    /// The person texted STOP.
    case optedOut
    /// Too much at once.
    case throttled
    /// The account or its sender is not set up for this.
    case setup
    /// A carrier or Twilio took the text for spam.
    case filtered
    /// It may work later.
    case passing

    init?(_ code: Int) {
        switch code {
        case 21211, 21214, 21217, 21614, 21635, 30005, 30006: self = .badNumber
        case 21610: self = .optedOut
        case 20429, 14107, 30022: self = .throttled
        case 21408, 21601, 21603, 21606, 21608, 21612, 21659, 30034, 30035: self = .setup
        case 30007: self = .filtered
        case 30001, 30003, 30008, 30017: self = .passing
        default: return nil
        }
    }

    /// What it means in the answer to a request.
    func verdict(_ detail: String) -> HTTPVerdict {
        switch self {
        case .badNumber: HTTPVerdict(.rejected(.recipient, detail))
        case .optedOut: HTTPVerdict(.rejected(.optedOut, detail))
        case .throttled: HTTPVerdict(.retry(.temporary, detail), .throttled(after: nil))
        case .setup, .filtered: HTTPVerdict(.rejected(.policy, detail), .policy)
        case .passing: HTTPVerdict(.retry(.temporary, detail))
        }
    }
}
