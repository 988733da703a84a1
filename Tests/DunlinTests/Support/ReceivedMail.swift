import Foundation

/// A message as Python's `email` package reads it.
struct ReceivedMail: Decodable {
    struct File: Decodable {
        let filename: String
        let type: String
        let base64: String
        let contentId: String?
        let disposition: String?

        var bytes: Data { Data(base64Encoded: base64) ?? Data() }
    }

    let messageId: String
    let subject: String
    let from: String
    let toName: String
    let toAddress: String
    let autoSubmitted: String?
    let text: String?
    let html: String?
    let files: [File]
    /// What the parser complained of.
    let defects: [String]

    static func read(_ files: [String]) async throws -> [ReceivedMail] {
        try await Installed.python("parse", files)
    }
}
