import Curl
import Foundation
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Messaging

@Suite("Twilio")
struct TwilioProviderTests {
    private static let parts = Delivery.PartsPayload(
        channel: .sms,
        to: "+1 202 555 0123",
        addressKey: "+12025550123",
        brand: "acme",
        parts: ["sms.txt": Array("Hi & bye +1 €".utf8)]
    )

    private static func provider(service: String? = nil, callback: String? = nil) -> TwilioProvider {
        TwilioProvider(
            account: TransportSubject.account,
            authToken: "12345",
            from: service == nil ? "+12025550199" : nil,
            service: service,
            url: "https://api.twilio.com",
            timeoutMilliseconds: 1000,
            caFile: nil,
            callback: callback
        )
    }

    private static func delivery(expires: Int64? = nil, doubtSince: Int64? = nil) -> Delivery {
        let handOff = HandOff(
            id: 7,
            fence: 1,
            channel: .sms,
            attempts: 0,
            since: 0,
            expires: expires,
            startedAt: 0,
            acceptedAt: 0,
            doubtSince: doubtSince,
            document: []
        )
        return Delivery(handOff: handOff, payload: .parts(parts), startBy: .max)
    }

    @Test("is asked with a form, basic authentication, and the time for which the text makes sense")
    func request() throws {
        let provider = Self.provider(callback: "https://d.example/hooks/twilio")
        let request = try provider.request(for: Self.delivery(expires: 1_000_600_000), Self.parts, now: 1_000_000)
        #expect(request.url == "https://api.twilio.com/2010-04-01/Accounts/\(TransportSubject.account)/Messages.json")
        let authorization = request.headers.first { $0.name == "Authorization" }?.value
        let word = Data("\(TransportSubject.account):12345".utf8).base64EncodedString()
        #expect(authorization == "Basic \(word)")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "To=%2B12025550123&Body=Hi+%26+bye+%2B1+%E2%82%AC&From=%2B12025550199&ValidityPeriod=600"
                + "&StatusCallback=https%3A%2F%2Fd.example%2Fhooks%2Ftwilio%3Fmessage%3D7"
        )
        #expect(!request.isRepeatable)
    }

    @Test(
        "a validity is from one second to ten hours",
        arguments: [(0, 1), (1_000_000, 1), (1_000_000_500_000, 36_000)]
    )
    func validity(expires: Int64, expected: Int) throws {
        let service = "MG" + String(repeating: "0", count: 32)
        let provider = Self.provider(service: service)
        let request = try provider.request(for: Self.delivery(expires: expires), Self.parts, now: 1000)
        let fields = FormEncoding.decode(request.body)
        #expect(fields.first { $0.name == "ValidityPeriod" }?.value == "\(expected)")
        #expect(fields.first { $0.name == "MessagingServiceSid" }?.value == service)
        #expect(!fields.contains { $0.name == "From" })
    }

    enum Expected: Sendable { case retry, throttled, recipient, optedOut, policy, permanent, ourFault, uncertain }

    @Test(
        "what its errors mean",
        arguments: [
            (429, 20429, Expected.throttled), (400, 14107, .throttled), (401, 20003, .ourFault),
            (403, 20005, .ourFault),
            (404, 20404, .ourFault), (400, 21211, .recipient), (400, 21614, .recipient), (400, 21635, .recipient),
            (400, 21610, .optedOut), (400, 21408, .policy), (400, 21606, .policy), (400, 21608, .policy),
            (400, 21612, .policy), (400, 30034, .policy), (400, 30007, .policy), (400, 99999, .permanent),
            (400, nil, .permanent), (500, nil, .uncertain), (502, 20500, .uncertain), (503, nil, .retry),
            (408, nil, .retry),
        ] as [(Int, Int?, Expected)]
    )
    func errors(status: Int, code: Int?, expected: Expected) throws {
        let body = code.map { #"{"code":\#($0),"message":"words","status":\#(status)}"# } ?? "<html>"
        let verdict = Self.provider().verdict(HTTPAnswer(status: status, body: Array(body.utf8)), now: 0)
        let found: Expected? =
            switch (verdict.outcome, verdict.sign) {
            case (.retry, .throttled): .throttled
            case (.retry, _): .retry
            case (.rejected(.recipient, _), _): .recipient
            case (.rejected(.optedOut, _), _): .optedOut
            case (.rejected(.policy, _), .policy): .policy
            case (.rejected(.permanent, _), _): .permanent
            case (.putBack, .ourFault): .ourFault
            case (.uncertain, _): .uncertain
            default: nil
            }
        #expect(found == expected)
    }

    /// A list as Twilio gives it, of texts sent at a time (seconds since 1970).
    private static func list(_ texts: [(to: String, body: String, at: Int64)]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("messages")
        writer.beginArray()
        for (index, text) in texts.enumerated() {
            var date: [UInt8] = []
            MailDate(milliseconds: text.at * 1000).append(to: &date)
            writer.beginObject()
            writer.member("sid", "SM\(index)")
            writer.member("to", text.to)
            writer.member("body", text.body)
            writer.member("status", "delivered")
            writer.member("direction", "outbound-api")
            writer.member("date_created", String(decoding: date, as: UTF8.self))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text
    }

    private static let subject = TransportSubject.twilio
    private static let words = "Hello <Ada> & \"friends\"."

    @Test(
        "a text in doubt is looked for before it is sent again: the same words to the same number since then are it",
        arguments: [
            ([("+12025550123", words, 1000)], true), ([("+12025550123", words, 950)], true), ([], false),
            ([("+12025550123", words, 500)], false), ([("+12025550124", words, 1000)], false),
            ([("+12025550123", "Other words.", 1000)], false),
            ([("+12025550123", "Other words.", 1000), ("+12025550123", words, 1001)], true),
        ] as [([(String, String, Int64)], Bool)]
    )
    func reconciled(texts: [(String, String, Int64)], isFound: Bool) async throws {
        let list = Self.list(texts.map { (to: $0.0, body: $0.1, at: $0.2) })
        let server = try ScriptedHTTPServer { request in
            request.method == "GET" ? .answer(200, list) : Self.subject.act(.accept)
        }
        let (report, thread) = try await deliver(server)
        defer { thread.stop() }
        guard case .outcome(.accepted(let detail, let reference)) = report.result else { throw Complaint() }
        #expect(detail.hasPrefix("found at Twilio") == isFound)
        #expect(reference?.isEmpty == false)
        #expect(server.requests.map(\.method) == (isFound ? ["GET"] : ["GET", "POST"]))
        #expect(server.requests[0].target.hasSuffix("?To=%2B12025550123&PageSize=100"))
    }

    @Test("a text that is another message's is not taken for this one")
    func another() async throws {
        let list = Self.list([(to: "+12025550123", body: Self.words, at: 1000)])
        let server = try ScriptedHTTPServer { request in
            request.method == "GET" ? .answer(200, list) : Self.subject.act(.accept)
        }
        let (report, thread) = try await deliver(server) { _ in 99 }
        defer { thread.stop() }
        guard case .outcome(.accepted(let detail, _)) = report.result else { throw Complaint() }
        #expect(detail.hasPrefix("queued"))
        #expect(server.requests.map(\.method) == ["GET", "POST"])
    }

    @Test("an answer that comes when the hand-off holds no more is remembered: the next goes without a question")
    func slowInquiry() async throws {
        let clock = Mutex<UInt64>(0)
        let server = try ScriptedHTTPServer { request in
            guard request.method == "GET" else { return Self.subject.act(.accept) }
            clock.withLock { $0 = 300_000_000 }
            return .answer(200, Self.list([]))
        }
        let thread = NetworkThread()
        thread.start()
        defer { thread.stop() }
        let transport = try Self.subject.http(
            server.url,
            thread: thread,
            connections: 1,
            milliseconds: 5000,
            now: { clock.withLock { $0 } }
        )
        let reports = ReportBox()
        transport.start { reports.append($0) }
        func deliver(startBy: UInt64) {
            transport.deliver([Self.subject.delivery(1, to: server.url, startBy: startBy, doubtSince: 1_000_000)])
        }
        deliver(startBy: 250_000_000)
        #expect(await reports.first(1)[0].result == .stale)
        deliver(startBy: .max)
        guard case .outcome(.accepted) = await reports.first(2)[1].result else { throw Complaint() }
        #expect(server.requests.map(\.method) == ["GET", "POST"])
    }

    @Test(
        "nothing is sent while it cannot be told",
        arguments: [
            (400, "", false), (404, "", false), (500, "", false), (200, "<html>", false), (429, "", true),
            (401, "", true),
        ] as [(Int, String, Bool)]
    )
    func unknown(status: Int, body: String, isToldApart: Bool) async throws {
        let server = try ScriptedHTTPServer { _ in .answer(status, body) }
        let (report, thread) = try await deliver(server)
        defer { thread.stop() }
        switch report.result {
        case .outcome(.retry): #expect(status != 401 && status != 404)
        case .outcome(.putBack): #expect(status == 401 || status == 404)
        default: throw Complaint()
        }
        #expect(server.requests.map(\.method) == ["GET"])
    }

    private func deliver(
        _ server: ScriptedHTTPServer,
        owner: @escaping @Sendable (String) async -> Int64? = { _ in nil }
    ) async throws -> (DeliveryReport, NetworkThread) {
        let thread = NetworkThread()
        thread.start()
        let transport = try Self.subject.http(
            server.url,
            thread: thread,
            connections: 1,
            milliseconds: 5000,
            owner: owner
        )
        let reports = ReportBox()
        transport.start { reports.append($0) }
        transport.deliver([Self.subject.delivery(1, to: server.url, doubtSince: 1_000_000)])
        return (await reports.first(1)[0], thread)
    }

    private struct Complaint: Error {}
}
