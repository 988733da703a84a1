import Foundation
import JSON
import Synchronization

/// Fetches OAuth access tokens by running a command, as `passwordeval` does in other mail programs.
///
/// The command prints the token alone, or JSON with `access_token` and `expires_in` (seconds). It runs again a minute
/// before the token expires, and whenever the server refused the last one.
final class TokenCommand: Sendable {
    private struct Token {
        var text: String
        var expires: Date
    }

    private let command: String
    private let token = Mutex<Token?>(nil)

    /// What a token without `expires_in` is used for: Google's and Microsoft's live for an hour.
    private static let standardLife: TimeInterval = 300
    private static let patience: TimeInterval = 30

    init(_ command: String) {
        self.command = command
    }

    func fetch(afterRefusal: Bool) async throws -> String {
        if !afterRefusal, let token = token.withLock({ $0 }), token.expires > Date() { return token.text }
        let output: String = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in continuation.resume(with: Result { try run() }) }
        }
        let fresh = TokenCommand.token(in: output)
        guard let fresh else { throw TokenError("token_command printed no token") }
        token.withLock { $0 = fresh }
        return fresh.text
    }

    struct TokenError: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private static func token(in output: String) -> Token? {
        let text = output.trimmingCharacters(in: .whitespacesAndNewlines)
        if text.hasPrefix("{") {
            guard let json = try? JSONValue.parse(text), let token = json["access_token"]?.string else { return nil }
            let life = json["expires_in"]?.double ?? standardLife
            return Token(text: token, expires: Date().addingTimeInterval(max(0, life - 60)))
        }
        guard !text.isEmpty, !text.contains(where: \.isWhitespace) else { return nil }
        return Token(text: text, expires: Date().addingTimeInterval(standardLife))
    }

    private func run() throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let timer = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + TokenCommand.patience, execute: timer)
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        timer.cancel()
        guard process.terminationStatus == 0 else {
            throw TokenError("token_command ended with status \(process.terminationStatus)")
        }
        return String(decoding: output, as: UTF8.self)
    }
}
