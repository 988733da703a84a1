import Curl
import JSON

/// Posts a message as JSON: to an endpoint of one's own, to Slack, or to Teams.
struct WebhookProvider: HTTPProvider {
    /// Where every message goes; `nil` for the address that is the message's `to`.
    let url: String?
    let format: WebhookSettings.Format
    /// As `whsec_…`, the newest first.
    let secrets: [String]
    let headers: [(name: String, value: String)]
    let timeoutMilliseconds: Int
    let allowsPrivate: Bool
    let caFile: String?

    /// A card may have 28 KB (Microsoft Teams, "Connectors: rate limiting").
    static let mostTeamsBytes = 28_000

    var hasOwnEndpoint: Bool { url != nil }

    /// A receiver of Standard Webhooks knows a message by its `webhook-id`; Slack and Teams show what comes twice twice.
    var isIdempotent: Bool { format == .standard || format == .linkedin }

    func request(
        for delivery: Delivery,
        _ parts: Delivery.PartsPayload,
        now: Int64
    ) throws(HTTPRefusal) -> HTTPRequest {
        let body = WebhookBody(delivery.handOff, parts).bytes(format)
        if format == .teams, body.count > WebhookProvider.mostTeamsBytes {
            throw HTTPRefusal(.tooLarge, "the card has \(body.count) bytes; Teams takes 28 KB")
        }
        let id = "msg_\(delivery.handOff.id)"
        var fields =
            headers + [(name: "Content-Type", value: "application/json"), (name: "User-Agent", value: "Dunlin")]
        if format == .linkedInAPI { fields.append((name: "X-Restli-Protocol-Version", value: "2.0.0")) }
        if isIdempotent {
            fields += [(name: "webhook-id", value: id), (name: "webhook-timestamp", value: "\(now)")]
        }
        if isIdempotent, !secrets.isEmpty {
            let signatures = secrets.map { WebhookSignature.sign(id: id, timestamp: now, body: body, secret: $0) }
            fields.append((name: "webhook-signature", value: signatures.joined(separator: " ")))
        }
        var request = HTTPRequest(url: url ?? parts.to, headers: fields, body: body)
        request.totalMilliseconds = timeoutMilliseconds
        request.allowsPrivateAddresses = allowsPrivate
        request.caFile = caFile
        request.isRepeatable = isIdempotent
        return request
    }

    func verdict(_ answer: HTTPAnswer, now: Int64) -> HTTPVerdict {
        guard (200..<300).contains(answer.status) else {
            switch format {
            case .slack: return slack(answer)
            case .linkedInAPI where answer.status == 429: return linkedInLimit(answer, now: now)
            case .linkedInAPI, .standard, .linkedin, .teams: return failed(answer)
            }
        }
        let text = String(decoding: answer.body.prefix(1000), as: UTF8.self)
        switch format {
        case .standard, .linkedin: return HTTPVerdict(.accepted(HTTPVerdict.words(answer)))
        case .linkedInAPI:
            return HTTPVerdict(.accepted(HTTPVerdict.words(answer), reference: answer.headers["x-restli-id"]))
        case .slack:
            // Anything but `ok` is an error in words (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
            return text.hasPrefix("ok") ? HTTPVerdict(.accepted("200 ok")) : failed(answer)
        case .teams:
            // Connectors do not answer 429: they say so in the body of a 200.
            guard text.contains("endpoint returned HTTP error") else {
                return HTTPVerdict(.accepted(HTTPVerdict.words(answer)))
            }
            let detail = HTTPVerdict.words(answer)
            return text.contains("error 429")
                ? HTTPVerdict(.retry(.temporary, detail), hasOwnEndpoint ? .throttled(after: nil) : nil)
                : HTTPVerdict(.rejected(.permanent, detail))
        }
    }

    /// Its limits are by the day and end at midnight UTC; it does not say how long to wait
    /// (<https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits>).
    private func linkedInLimit(_ answer: HTTPAnswer, now: Int64) -> HTTPVerdict {
        let untilMidnight = (86_400 - now % 86_400) * 1000
        let wait = min(
            answer.retryAfter.map { Int64(max(0, $0)) * 1000 } ?? WebhookProvider.linkedInWait,
            untilMidnight
        )
        return HTTPVerdict(.retry(.temporary, HTTPVerdict.words(answer), after: wait), .throttled(after: wait))
    }

    /// Milliseconds.
    static let linkedInWait: Int64 = 900_000

    /// Words of Slack that speak of the endpoint, whatever the status.
    private static let slackFaults = [
        "no_service", "no_team", "invalid_token", "action_prohibited", "channel_not_found", "channel_is_archived",
        "team_disabled",
    ]

    private func slack(_ answer: HTTPAnswer) -> HTTPVerdict {
        let text = String(decoding: answer.body.prefix(200), as: UTF8.self)
        guard WebhookProvider.slackFaults.contains(where: text.contains) else { return failed(answer) }
        let detail = HTTPVerdict.words(answer)
        return hasOwnEndpoint ? .ourFault(detail) : HTTPVerdict(.rejected(.recipient, detail))
    }

    private func failed(_ answer: HTTPAnswer) -> HTTPVerdict {
        if (200..<300).contains(answer.status) { return .unclear(answer, isIdempotent: isIdempotent) }
        return HTTPVerdict(failure: answer, isIdempotent: isIdempotent, hasOwnEndpoint: hasOwnEndpoint)
    }
}
