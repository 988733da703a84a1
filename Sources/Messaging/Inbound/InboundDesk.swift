import Crypto
import Foundation
import Storage

/// Takes mail in: bounces, complaints, and what people answer.
public struct InboundDesk: Sendable {
    private let log: HookLog
    private let ids: MessageIDs

    /// What the mails are kept under, beside what providers post.
    public static let name = "email"
    /// Bytes; more is a mail that nobody reads here.
    public static let largest = 30 << 20

    /// - Parameter secret: the installation's.
    public init(queue: Queue, secret: String) {
        log = HookLog(queue)
        ids = MessageIDs(secret: secret)
    }

    /// Keeps a mail and does what it asks, durably and once.
    ///
    /// - Parameter recipient: whom it was delivered to, where that is known.
    /// - Returns: what it is, and whether it is new.
    public func take(_ bytes: [UInt8], recipient: String? = nil) async throws -> (mail: InboundMail, isNew: Bool) {
        let mail = InboundMail(bytes, recipient: recipient, ids: ids)
        let identity = SHA256.hash(data: bytes).bytes.hexadecimal
        let content = HookContent(matter: .mail(mail), identity: identity)
        let isNew = try await log.take(content, from: InboundDesk.name, raw: Array(bytes.prefix(256 << 10)))
        return (mail, isNew)
    }
}

extension InboundMail {
    /// What a bounce says of our message; `nil` where it proves none, or is no bounce.
    var receipt: DeliveryReceipt? {
        guard case .bounce(let status, let detail) = matter, let message else { return nil }
        return DeliveryReceipt(message: message, reference: nil, status: status, detail: detail)
    }
}

extension InboundMail {
    /// What its words ask for; `nil` where they ask for none of what Dunlin knows.
    var asks: WishReader.Wish? { if case .wish(let wish, _) = matter { wish } else { nil } }
}
