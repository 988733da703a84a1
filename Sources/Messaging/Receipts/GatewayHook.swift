import Crypto
import Foundation
import JSON

/// What a configured gateway posts, or asks with GET. It is believed for the proof that our own callback address carries, or
/// for a key that the configuration shares with it.
struct GatewayHook: HookReader {
    let fields: GatewayReceipts
    let proof: CallbackProof
    let region: String?
    let answersTexts: Bool

    var answer: HookAnswer { HookAnswer(type: "text/plain; charset=utf-8", body: fields.answer ?? "OK") }

    func read(_ hook: HookRequest) throws(HookRefusal) -> HookContent {
        func asked(_ name: String) -> String? { hook.query.first { $0.name == name }?.value }
        let message = asked("message").flatMap { Int64($0) }
        let isOurs = message.map { proof.holds(asked("proof") ?? "", message: $0) } ?? false
        guard isOurs || hasKey(asked("key")) else {
            throw .unproven("neither the proof of our own callback address nor receipts.key is there")
        }
        let values = try GatewayHook.values(hook)
        func value(_ name: String?) -> String? { name.flatMap { values[$0] }.flatMap { $0.isEmpty ? nil : $0 } }
        let id = value(fields.id)
        if let status = value(fields.status)?.lowercased() {
            let detail = ([status, value(fields.error)].compactMap { $0 }).joined(separator: " ")
            let receipt = DeliveryReceipt(
                message: isOurs ? message : nil,
                reference: id,
                status: meaning(status, error: value(fields.error)),
                detail: detail
            )
            guard receipt.message != nil || receipt.reference != nil else { throw .malformed("it names no message") }
            let name = receipt.message.map(String.init) ?? id ?? ""
            return HookContent(matter: .receipt(receipt), identity: "\(name)/\(detail)")
        }
        guard let text = values[fields.text ?? ""], let from = value(fields.from) else {
            throw .malformed("it holds neither receipts.status nor receipts.text and receipts.from")
        }
        let sender = GatewayHook.number(from, region: region) ?? from
        let reference = id ?? SHA256.hash(data: Data("\(from) \(text)".utf8)).map { String($0, radix: 16) }.joined()
        var inbound = InboundText(reference: reference, from: sender, to: value(fields.to) ?? "", text: text)
        inbound.isNamed = id != nil
        return HookContent(matter: .inbound(inbound), identity: "\(reference)/received")
    }

    /// Providers leave the `+` out, or write as the country does.
    private static func number(_ text: String, region: String?) -> String? {
        let spellings = text.hasPrefix("+") ? [text] : ["+\(text)", text]
        let numbers = spellings.compactMap { try? PhoneNumber($0, region: region) }
        return (numbers.first { $0.isValid } ?? numbers.first)?.e164
    }

    private func hasKey(_ given: String?) -> Bool {
        guard let key = fields.key?.value, let given else { return false }
        return isEqualInConstantTime(Array(given.utf8), Array(key.utf8))
    }

    private func meaning(_ status: String, error: String?) -> DeliveryReceipt.Status {
        func isOne(_ words: [String]?, _ word: String?) -> Bool {
            guard let word = word?.lowercased() else { return false }
            return words?.contains { $0.lowercased() == word } ?? false
        }
        if isOne(fields.delivered ?? ["delivered", "delivrd"], status) { return .delivered }
        if isOne(fields.failed, status) || fields.failed == nil && GatewayHook.failures.contains(status) {
            if isOne(fields.badNumber, error) { return .failed(.recipient) }
            return .failed(isOne(fields.optedOut, error) ? .optedOut : .permanent)
        }
        return .underway
    }

    private static let failures: Set<String> = [
        "undelivered", "undeliv", "failed", "rejected", "rejectd", "expired", "deleted", "aborted", "cancelled",
    ]

    /// Of the query and the body, by name; of JSON with dots between.
    private static func values(_ hook: HookRequest) throws(HookRefusal) -> [String: String] {
        var values = Dictionary(hook.query.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        guard !hook.body.isEmpty else { return values }
        if hook.mediaType == "application/json" {
            guard let body = try? JSONValue.parse(hook.body) else { throw .malformed("the body is no JSON") }
            flatten(body, "", depth: 0, into: &values)
        } else {
            for (name, value) in FormEncoding.decode(hook.body) { values[name] = value }
        }
        return values
    }

    private static func flatten(_ value: JSONValue, _ path: String, depth: Int, into values: inout [String: String]) {
        guard depth < 8, values.count < 1000 else { return }
        switch value.kind {
        case .object:
            for (name, member) in value.members {
                let name = name.string ?? ""
                flatten(member, path.isEmpty ? name : "\(path).\(name)", depth: depth + 1, into: &values)
            }
        case .array:
            for (index, element) in value.elements.enumerated() {
                flatten(element, "\(path).\(index)", depth: depth + 1, into: &values)
            }
        default:
            values[path] = value.string ?? String(decoding: Array(value.raw), as: UTF8.self)
        }
    }
}

/// What makes a callback address ours: whoever posts there was given it by us, for that message.
struct CallbackProof: Sendable {
    private let key: SymmetricKey
    private let transport: String

    init(secret: String, transport: String) {
        key = SymmetricKey(data: SHA256.hash(data: Data("dunlin callbacks \(secret)".utf8)))
        self.transport = transport
    }

    /// 32 hexadecimal digits.
    func of(message: Int64) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(transport)/\(message)".utf8), using: key)
        return Array(code).prefix(16).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    func holds(_ given: String, message: Int64) -> Bool {
        isEqualInConstantTime(Array(given.utf8), Array(of(message: message).utf8))
    }
}
