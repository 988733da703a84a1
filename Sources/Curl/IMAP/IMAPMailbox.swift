import Dispatch

/// A mailbox whose new mails are taken one by one, each answered for before the next.
public struct IMAPMailbox: Sendable {
    private let settings: IMAPSettings
    private let largest: Int
    private let deletes: Bool
    /// The session's calls wait for the server: they have a thread of their own.
    private let thread = DispatchQueue(label: "dunlin.imap")

    /// A mail that was not taken yet.
    public enum Mail: Sendable {
        case whole([UInt8])
        /// It is larger than what is read.
        case tooLarge
    }

    /// - Parameters:
    ///   - largest: bytes; a longer mail is not read.
    ///   - deletes: mails that were taken are deleted, and not only marked as seen.
    public init(_ settings: IMAPSettings, largest: Int, deletes: Bool) {
        self.settings = settings
        self.largest = largest
        self.deletes = deletes
    }

    /// Mails of one round.
    private static let most = 500

    /// Gives each unseen mail to `take`, and marks it as seen when that returns: one that was not taken comes again, after the others.
    ///
    /// - Parameter goesOn: false ends the round before the next mail.
    /// - Returns: how many were taken.
    /// - Throws: what `take` threw last, when all others were taken.
    public func round(
        while goesOn: @Sendable () -> Bool = { true },
        _ take: @escaping @Sendable (Mail) async throws -> Void
    ) async throws -> Int {
        var (count, failure): (Int, (any Error)?) = (0, nil)
        let (session, found) = try await open()
        for uid in found.prefix(IMAPMailbox.most) where goesOn() {
            let mail = try await onThread { () throws(IMAPFailure) -> Mail? in
                let answer = try session.value.run("UID FETCH \(uid) (BODY.PEEK[])").first { !$0.literals.isEmpty }
                return answer.map { $0.isCut ? .tooLarge : .whole($0.literals[0]) }
            }
            // Somebody may have taken it away meanwhile.
            guard let mail else { continue }
            do {
                try await take(mail)
            } catch {
                failure = error
                continue
            }
            count += 1
            // What nobody has read is not deleted.
            let isRead = if case .whole = mail { true } else { false }
            let flags = deletes && isRead ? "\\Seen \\Deleted" : "\\Seen"
            try await onThread { () throws(IMAPFailure) in
                _ = try session.value.run("UID STORE \(uid) +FLAGS.SILENT (\(flags))")
            }
        }
        try await onThread { () throws(IMAPFailure) in
            if deletes, !found.isEmpty { try session.value.run("EXPUNGE") }
            _ = try? session.value.run("LOGOUT")
        }
        if let failure { throw failure }
        return count
    }

    /// How many mails wait there.
    public func count() async throws -> Int {
        let (session, found) = try await open()
        try await onThread { () throws(IMAPFailure) in _ = try? session.value.run("LOGOUT") }
        return found.count
    }

    /// A session with the folder, and what was not taken yet.
    private func open() async throws -> (Confined, [UInt32]) {
        try await onThread { [settings, largest] () throws(IMAPFailure) in
            let session = try IMAPSession(settings, largest: largest)
            try session.run("SELECT \(IMAPMailbox.quoted(settings.folder))")
            let found = try session.run("UID SEARCH UNSEEN UNDELETED").flatMap { IMAPMailbox.numbers($0.line) }
            return (Confined(session), found)
        }
    }

    /// Only ``thread`` looks into it.
    private struct Confined: @unchecked Sendable {
        // Every use is a block on the mailbox's serial queue, one after the other.
        let value: IMAPSession

        init(_ value: IMAPSession) { self.value = value }
    }

    private func onThread<Result: Sendable>(
        _ body: @escaping @Sendable () throws(IMAPFailure) -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            thread.async {
                do throws(IMAPFailure) {
                    continuation.resume(returning: try body())
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Of `* SEARCH 2 84 882`.
    static func numbers(_ line: String) -> [UInt32] {
        let words = line.split(separator: " ")
        guard words.count > 2, words[0] == "*", words[1].uppercased() == "SEARCH" else { return [] }
        return words.dropFirst(2).compactMap { UInt32($0) }
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
