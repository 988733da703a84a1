import Foundation
import Glibc
import TestSupport

/// A real Dovecot with one mailbox of its own, over TLS. Needs root.
final class Dovecot: Sendable {
    let port: Int
    let certificate: Certificate
    private let folder: TemporaryFolder

    var url: String { "imaps://127.0.0.1:\(port)/INBOX" }

    init() async throws {
        guard getuid() == 0 else { throw Complaint("Dovecot is started by root alone: run deploy/test") }
        folder = try TemporaryFolder()
        certificate = try await Certificate()
        port = try FreePort.find()
        try folder.write(
            """
            base_dir = \(folder.path("run"))
            state_dir = \(folder.path("run"))
            log_path = \(folder.path("log"))
            protocols = imap
            listen = 127.0.0.1
            ssl = yes
            ssl_cert = <\(certificate.file)
            ssl_key = <\(certificate.key)
            mail_location = maildir:\(folder.path("mail"))
            first_valid_uid = 1
            default_login_user = nobody
            default_internal_user = nobody
            default_internal_group = nogroup
            service imap-login {
              chroot =
              inet_listener imap {
                port = 0
              }
              inet_listener imaps {
                port = \(port)
              }
            }
            service anvil {
              chroot =
            }
            passdb {
              driver = static
              args = password=secret
            }
            userdb {
              driver = static
              args = uid=nobody gid=nogroup home=\(folder.path("mail"))
            }

            """,
            to: "dovecot.conf"
        )
        let manager = FileManager.default
        for name in ["", "/cur", "/new", "/tmp"] {
            try manager.createDirectory(atPath: folder.path("mail\(name)"), withIntermediateDirectories: true)
            chown(folder.path("mail\(name)"), 65534, 65534)
        }
        // Its processes for the mailbox are nobody's.
        chmod(folder.path(""), 0o755)
        let outcome = try await Child("dovecot", ["-c", folder.path("dovecot.conf")]).end()
        guard outcome.code == 0 else { throw Complaint("dovecot: \(outcome.errors)\(outcome.output)") }
        let port = port
        try await eventually("Dovecot listens") { FreePort.answers(port) }
    }

    func stop() async throws {
        _ = try await Child("dovecot", ["-c", folder.path("dovecot.conf"), "stop"]).end()
    }

    /// Puts a mail into the mailbox, as a mail server does.
    func deliver(_ mail: String) throws {
        let name = UUID().uuidString
        try folder.write(mail, to: "mail/tmp/\(name)")
        chown(folder.path("mail/tmp/\(name)"), 65534, 65534)
        try FileManager.default.moveItem(
            atPath: folder.path("mail/tmp/\(name)"),
            toPath: folder.path("mail/new/\(name)")
        )
    }

    /// What lies there, by whether it was seen: a maildir's flags.
    var mails: (seen: Int, unseen: Int) {
        let names = ["cur", "new"].flatMap {
            (try? FileManager.default.contentsOfDirectory(atPath: folder.path("mail/\($0)"))) ?? []
        }
        let seen = names.count { $0.split(separator: ",").last?.contains("S") ?? false }
        return (seen, names.count - seen)
    }

    /// What it says in its log, for a test that fails.
    var log: String { folder.text(of: "log") ?? "" }
}
