/// How a mail provider reads local parts: which spellings reach one mailbox.
struct MailProvider: Sendable {
    /// Whether dots make no difference.
    var ignoresDots = false

    /// The domain that stands for all of the provider's names for one mailbox; `nil`: each domain for itself.
    var domain: String? = nil

    /// Providers whose addresses end at the first `+`, by domain. Company domains that one of them hosts are not here:
    /// their own administrators decide.
    static let known: [String: MailProvider] = {
        var providers: [String: MailProvider] = [:]
        for domain in ["gmail.com", "googlemail.com"] {
            providers[domain] = MailProvider(ignoresDots: true, domain: "gmail.com")
        }
        let tagged = [
            "outlook.com", "hotmail.com", "live.com", "msn.com",
            "icloud.com", "me.com", "mac.com",
            "proton.me", "protonmail.com", "pm.me",
            "fastmail.com", "fastmail.fm",
            "mailbox.org", "posteo.de",
        ]
        for domain in tagged { providers[domain] = MailProvider() }
        return providers
    }()

    /// The local part without tag, and without dots where they make no difference; as it is if that
    /// leaves nothing.
    func base(of localPart: String) -> String {
        var base = localPart
        if let plus = localPart.utf8.firstIndex(of: 0x2b) { base = String(localPart[..<plus]) }
        if ignoresDots { base.removeAll { $0 == "." } }
        return base.isEmpty ? localPart : base
    }
}
