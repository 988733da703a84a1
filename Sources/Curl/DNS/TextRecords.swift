import CResolv
import Dispatch
import Foundation

/// TXT records, asked of the system's resolver.
public struct TextRecords: Sendable {
    /// A server of one's own in place of the system's.
    public struct Server: Sendable {
        public var address: String
        public var port: Int

        public init(address: String, port: Int = 53) {
            self.address = address
            self.port = port
        }
    }

    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// No server answered, or it could not say.
        case unreachable

        public var description: String { "the name servers cannot be asked now" }
    }

    private let server: Server?

    public init(server: Server? = nil) {
        self.server = server
    }

    private static let largest = 65_535

    /// The texts of a name, each with its strings joined; none where the name has none.
    public func find(_ name: String) async throws(Failure) -> [String] {
        let server = server
        // The resolver waits: it gets a thread of its own.
        let result: Result<[String], Failure> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: TextRecords.ask(name, server)) }
        }
        return try result.get()
    }

    private static func ask(_ name: String, _ server: Server?) -> Result<[String], Failure> {
        var answer = [UInt8](repeating: 0, count: largest)
        var failure: Int32 = 0
        let length = resolver_ask(
            name,
            Int32(ns_t_txt.rawValue),
            &answer,
            Int32(answer.count),
            server?.address ?? "",
            Int32(server?.port ?? 0),
            &failure
        )
        guard length >= 0 else {
            return failure == HOST_NOT_FOUND || failure == NO_DATA ? .success([]) : .failure(.unreachable)
        }
        var texts: [String] = []
        var text = [CChar](repeating: 0, count: largest)
        for index in 0..<100 {
            let count = resolver_text(answer, length, Int32(index), &text, Int32(text.count))
            if count == -2 { break }
            guard count >= 0 else { continue }
            texts.append(String(decoding: text[..<Int(count)].map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return .success(texts)
    }
}
