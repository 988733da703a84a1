import Foundation
import Glibc
import TestSupport

/// A real Postfix with folders of its own, which delivers what it takes into one maildir. Needs root.
final class Postfix: Sendable {
    let port: Int
    private let folder: TemporaryFolder

    var url: String { "smtp://127.0.0.1:\(port)" }

    init() async throws {
        guard getuid() == 0 else { throw Complaint("Postfix is started by root alone: run deploy/test") }
        folder = try TemporaryFolder()
        port = try FreePort.find()
        try folder.write(
            """
            compatibility_level = 3.6
            queue_directory = \(folder.path("queue"))
            data_directory = \(folder.path("data"))
            mail_owner = postfix
            setgid_group = postdrop
            myhostname = mail.acme.example
            mydestination =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            mynetworks = 127.0.0.0/8
            alias_maps =
            alias_database =
            virtual_mailbox_domains = example.com
            virtual_mailbox_base = \(folder.path("mail"))
            virtual_mailbox_maps = static:inbox/
            virtual_minimum_uid = 1
            virtual_uid_maps = static:65534
            virtual_gid_maps = static:65534
            smtpd_recipient_restrictions = permit_mynetworks, reject
            smtpd_tls_security_level = none
            smtputf8_enable = yes

            """,
            to: "config/main.cf"
        )
        try folder.write(
            """
            127.0.0.1:\(port) inet n - n - - smtpd
            pickup unix n - n 60 1 pickup
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            verify unix - - n - 1 verify
            flush unix n - n 1000? 0 flush
            proxymap unix - - n - - proxymap
            virtual unix - n n - - virtual
            error unix - - n - - error
            retry unix - - n - - error
            anvil unix - - n - 1 anvil

            """,
            to: "config/master.cf"
        )
        let manager = FileManager.default
        for name in ["queue", "data", "mail"] {
            try manager.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        }
        guard let owner = getpwnam("postfix") else { throw Complaint("there is no user 'postfix': run deploy/test") }
        chown(folder.path("data"), owner.pointee.pw_uid, owner.pointee.pw_gid)
        chown(folder.path("mail"), 65534, 65534)
        let outcome = try await Child("postfix", ["-c", folder.path("config"), "start"]).end()
        guard outcome.code == 0 else { throw Complaint("postfix: \(outcome.errors)\(outcome.output)") }
        let port = port
        try await eventually("Postfix listens") { FreePort.answers(port) }
    }

    func stop() async throws {
        _ = try await Child("postfix", ["-c", folder.path("config"), "stop"]).end()
    }

    private var files: [String] {
        let inbox = folder.path("mail/inbox/new")
        return ((try? FileManager.default.contentsOfDirectory(atPath: inbox)) ?? []).map { "\(inbox)/\($0)" }
    }

    /// What lies in the maildir once so many are there.
    func mails(_ count: Int) async throws -> [ReceivedMail] {
        try await eventually("\(count) messages in the maildir") { self.files.count >= count }
        return try await ReceivedMail.read(files)
    }
}
