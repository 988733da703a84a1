import Foundation
import JSON
import Synchronization

/// Fetches OAuth access tokens by running a command, as `passwordeval` does in other mail programs.
///
/// The command prints the token alone, or JSON with `access_token` and `expires_in` (seconds). It runs again a minute
/// before the token expires, and whenever the server refused the last one.
final class TokenCommand: Sendable {
    private struct Token: Sendable {
        var text: String
        var expires: Date
    }

    private let command: String
    private let state = Mutex(State())

    private struct State {
        var token: Token?
        var running: Task<Token, any Error>?
    }

    /// What a token without `expires_in` is used for: Google's and Microsoft's live for an hour.
    private static let standardLife: TimeInterval = 300
    /// Seconds.
    private static let patience = 30
    /// Bytes that are read of what it prints.
    private static let longestOutput = 65_536

    init(_ command: String) {
        self.command = command
    }

    /// Sessions that open at the same time share one run of the command.
    func fetch(afterRefusal: Bool) async throws -> String {
        let running: Task<Token, any Error>? = state.withLock { state in
            if !afterRefusal, let token = state.token, token.expires > Date() { return nil }
            if let running = state.running { return running }
            let task = Task {
                try await withCheckedThrowingContinuation { continuation in
                    DispatchQueue.global().async { [self] in continuation.resume(with: Result { try run() }) }
                }
            }
            state.running = task
            return task
        }
        guard let running else { return state.withLock { $0.token?.text } ?? "" }
        let result = await running.result
        state.withLock { state in
            if state.running == running { state.running = nil }
            if case .success(let token) = result { state.token = token }
        }
        return try result.get().text
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

    /// coreutils' `timeout` ends the command's whole process group when its time is over.
    private func run() throws -> Token {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "-k", "2", "\(TokenCommand.patience)", "/bin/sh", "-c", command]
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.read(upToCount: TokenCommand.longestOutput) ?? Data()
        try pipe.fileHandleForReading.close()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw TokenError("token_command ended with status \(process.terminationStatus)")
        }
        guard let token = TokenCommand.token(in: String(decoding: output, as: UTF8.self)) else {
            throw TokenError("token_command printed no token")
        }
        return token
    }
}
