import Curl
import Foundation
import JSON

/// Texts through a provider that the configuration describes.
struct GatewayProvider: HTTPProvider {
    private let url: GatewayTemplate
    private let method: HTTPRequest.Method
    private let headers: [(name: String, value: GatewayTemplate)]
    private let query: [(name: String, value: GatewayTemplate)]
    private let form: [(name: String, value: GatewayTemplate)]?
    private let json: GatewayTemplate?
    private let from: String
    private let success: AnswerPattern
    private let id: NSRegularExpression?
    private let errors: [(pattern: AnswerPattern, meaning: GatewayRule.Meaning)]
    private let validity: Int64
    private let allowsPrivate: Bool
    private let timeoutMilliseconds: Int
    private let caFile: String?
    private let callback: String?
    private let proof: CallbackProof
    let isIdempotent: Bool
    let hasOwnEndpoint = true

    /// Throws what is wrong with the settings.
    ///
    /// - Parameters:
    ///   - callback: where receipts are taken; `nil` where the world cannot reach us.
    init(
        _ settings: GatewaySettings,
        place: String,
        timeoutMilliseconds: Int,
        caFile: String?,
        callback: String?,
        proof: CallbackProof
    ) throws(Rejection) {
        guard let method = HTTPRequest.Method(rawValue: (settings.method ?? "POST").uppercased()), method != .head
        else {
            throw Rejection("\(place).method", "it must be GET, POST or PUT")
        }
        guard settings.form == nil || settings.json == nil else {
            throw Rejection("\(place).json", "a request has a form or JSON, not both")
        }
        guard method != .get || settings.form == nil && settings.json == nil else {
            throw Rejection("\(place).method", "GET carries no form and no JSON: write their fields under query")
        }
        func templates(_ fields: [String: Secret]?) -> [(name: String, value: GatewayTemplate)] {
            (fields ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, GatewayTemplate($0.value.value)) }
        }
        self.method = method
        url = GatewayTemplate(settings.url)
        query = templates(settings.query)
        form = settings.form.map { templates($0) }
        json = settings.json.map { GatewayTemplate($0.value) }
        var headers = templates(settings.headers)
        if let username = settings.username {
            let word = Data("\(username):\(settings.password?.value ?? "")".utf8).base64EncodedString()
            headers.append(("Authorization", GatewayTemplate("Basic \(word)")))
        }
        let type = form != nil ? "application/x-www-form-urlencoded" : json != nil ? "application/json" : nil
        if let type { headers.append(("Content-Type", GatewayTemplate(type))) }
        self.headers = headers + [("User-Agent", GatewayTemplate("Dunlin"))]
        from = settings.from ?? ""
        success = try AnswerPattern(
            status: settings.success?.status,
            standard: 200...299,
            body: settings.success?.body,
            place: "\(place).success"
        )
        id = try settings.success?.id.map { text throws(Rejection) in
            let expression = try AnswerPattern.expression(text, "\(place).success.id")
            guard expression.numberOfCaptureGroups > 0 else {
                throw Rejection("\(place).success.id", "it needs a group, such as \"id\":\"([^\"]+)\"")
            }
            return expression
        }
        var errors: [(pattern: AnswerPattern, meaning: GatewayRule.Meaning)] = []
        for (index, rule) in (settings.errors ?? []).enumerated() {
            let pattern = try AnswerPattern(
                status: rule.status,
                standard: 100...599,
                body: rule.body,
                place: "\(place).errors[\(index)]"
            )
            errors.append((pattern, rule.outcome))
        }
        self.errors = errors
        isIdempotent = settings.idempotent ?? false
        validity = settings.validity?.milliseconds ?? 3 * 86_400_000
        allowsPrivate = settings.allowPrivate ?? true
        self.timeoutMilliseconds = timeoutMilliseconds
        self.caFile = caFile
        self.callback = callback
        self.proof = proof
        let templates = [url] + query.map(\.value) + (form ?? []).map(\.value) + [json].compactMap { $0 }
        guard templates.contains(where: { $0.uses("to") || $0.uses("to_digits") }),
            templates.contains(where: { $0.uses("text") || $0.uses("text_hex") })
        else {
            throw Rejection(place, "nothing says where {to} (or {to_digits}) and {text} go: see query, form and json")
        }
        if let json {
            let sample = Dictionary(uniqueKeysWithValues: GatewayTemplate.names.map { ($0, "1") })
            guard (try? JSONValue.parse(json.filled(sample))) != nil else {
                throw Rejection("\(place).json", "with its values filled in it is no JSON")
            }
        }
    }

    func request(
        for delivery: Delivery,
        _ parts: Delivery.PartsPayload,
        now: Int64
    ) throws(HTTPRefusal) -> HTTPRequest {
        let values = values(delivery, parts, now: now)
        var address = url.filled(values, escape: FormEncoding.encode)
        if !query.isEmpty {
            address += address.contains("?") ? "&" : "?"
            address += FormEncoding.encode(query.map { ($0.name, $0.value.filled(values)) })
        }
        var body = ""
        if let form {
            body = FormEncoding.encode(form.map { ($0.name, $0.value.filled(values)) })
        } else if let json {
            body = json.filled(values, escape: GatewayTemplate.escapedForJSON)
        }
        var request = HTTPRequest(
            url: address,
            headers: headers.map { ($0.name, $0.value.filled(values, escape: GatewayProvider.oneLine)) },
            body: Array(body.utf8)
        )
        request.method = method
        request.totalMilliseconds = timeoutMilliseconds
        request.allowsPrivateAddresses = allowsPrivate
        request.isRepeatable = isIdempotent
        request.caFile = caFile
        return request
    }

    private static func oneLine(_ text: String) -> String {
        String(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f })
    }

    private func values(_ delivery: Delivery, _ parts: Delivery.PartsPayload, now: Int64) -> [String: String] {
        let left = max(1, ((delivery.handOff.latest ?? now * 1000 + validity) - now * 1000) / 1000)
        let isGSM = TextSegments(parts.text).alphabet == .gsm7
        return [
            "to": parts.addressKey, "to_digits": parts.addressKey.filter(\.isNumber), "from": from,
            "text": parts.text, "text_hex": parts.text.utf16.map { String(hex: $0) }.joined(),
            "id": "\(delivery.handOff.id)", "alphabet": isGSM ? "gsm" : "unicode", "validity_seconds": "\(left)",
            "validity_minutes": "\(max(1, left / 60))", "validity_ms": "\(left * 1000)",
            "callback": callback.map { address in
                "\(address)?message=\(delivery.handOff.id)&proof=\(proof.of(message: delivery.handOff.id))"
            } ?? "",
        ]
    }

    func verdict(_ answer: HTTPAnswer, now: Int64) -> HTTPVerdict {
        let text = String(decoding: answer.body, as: UTF8.self)
        let words = HTTPVerdict.words(answer)
        if let rule = errors.first(where: { $0.pattern.matches(answer, text) }) {
            return rule.meaning.verdict(words, after: answer.retryAfter)
        }
        guard success.matches(answer, text) else {
            return (200..<300).contains(answer.status)
                ? .unclear(answer, isIdempotent: isIdempotent)
                : HTTPVerdict(failure: answer, isIdempotent: isIdempotent, hasOwnEndpoint: true)
        }
        let match = id?.firstMatch(in: text, range: NSRange(text.startIndex..., in: text))
        let reference = match.flatMap { Range($0.range(at: 1), in: text) }.map { String(text[$0]) }
        return HTTPVerdict(.accepted(words, reference: reference))
    }
}

extension GatewayRule.Meaning {
    /// - Parameter after: seconds that the answer asks to wait.
    fileprivate func verdict(_ words: String, after: Int?) -> HTTPVerdict {
        let after = after.map { Int64(min(max($0, 0), HTTPVerdict.longestWait)) * 1000 }
        return switch self {
        case .retry: HTTPVerdict(.retry(.temporary, words, after: after))
        case .throttled: HTTPVerdict(.retry(.temporary, words, after: after), .throttled(after: after))
        case .rejected: HTTPVerdict(.rejected(.permanent, words))
        case .badNumber: HTTPVerdict(.rejected(.recipient, words))
        case .optedOut: HTTPVerdict(.rejected(.optedOut, words))
        case .policy: HTTPVerdict(.rejected(.policy, words), .policy)
        case .ourFault: .ourFault(words)
        case .uncertain: HTTPVerdict(.uncertain(.garbage, words))
        }
    }
}

extension String {
    /// Four digits.
    fileprivate init(hex unit: UInt16) {
        let digits = String(unit, radix: 16, uppercase: true)
        self = String(repeating: "0", count: 4 - digits.count) + digits
    }
}
