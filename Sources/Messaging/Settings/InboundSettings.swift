public import Curl
import Foundation

/// `inbound`: a mailbox that is looked into for bounces, complaints and answers, for whoever has just a mailbox. It must be one of its
/// own: what is marked as seen there counts as taken.
public struct InboundSettings: Sendable, Codable {
    /// `imaps://host/FOLDER` (port 993), or `imap://host/FOLDER` (143) with STARTTLS. Without a folder `INBOX`.
    public var url: String
    public var username: String
    public var password: Secret?
    /// A command that prints an OAuth access token, used instead of `password`.
    public var tokenCommand: String?
    /// How often it is looked into. Default `1m`.
    public var every: TimeSpan?
    /// What becomes of a mail that was taken: `seen` (default) or `delete`.
    public var after: After?
    /// Certificates to trust instead of the system's, a PEM file.
    public var caFile: String?

    public enum After: String, Sendable, Codable, CaseIterable {
        case seen, delete
    }

    static let often = TimeSpan(milliseconds: 60_000)

    /// Throws for what names no mailbox.
    func settings(_ place: String, folder: String) throws(Rejection) -> IMAPSettings {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            parts.scheme == "imaps" || parts.scheme == "imap", parts.user == nil, parts.password == nil
        else {
            throw Rejection("\(place).url", "it names no mailbox: write it like imaps://mail.example.com/INBOX")
        }
        let isImplicit = parts.scheme == "imaps"
        let name = String(parts.path.drop { $0 == "/" })
        guard name.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw Rejection("\(place).url", "the folder must be written in ASCII (modified UTF-7)")
        }
        guard password != nil || tokenCommand != nil else {
            throw Rejection("\(place).password", "it is missing: a password, or a token_command")
        }
        if let every, !(1000...86_400_000).contains(every.milliseconds) {
            throw Rejection("\(place).every", "it must be from 1s to 1d")
        }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        var settings = IMAPSettings(
            host: bare,
            port: parts.port ?? (isImplicit ? 993 : 143),
            implicitTLS: isImplicit,
            username: username,
            folder: name.isEmpty ? "INBOX" : name
        )
        settings.allowsPlain = ["localhost", "127.0.0.1", "::1"].contains(bare)
        settings.password = password?.value
        settings.caFile = caFile.map { $0.hasPrefix("/") || folder == "." ? $0 : "\(folder)/\($0)" }
        return settings
    }
}
