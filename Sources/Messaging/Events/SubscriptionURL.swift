import Curl
import Foundation

/// Where news may be sent.
enum SubscriptionURL {
    static let longest = 2000

    /// - Parameter allowsPrivate: `http` and addresses within private networks too.
    static func check(_ text: String, allowsPrivate: Bool) throws(Rejection) {
        guard text.utf8.count <= longest, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), let host = url.host,
            !host.isEmpty
        else { throw Rejection("url", "it is no address of a server: write it like https://example.com/hooks") }
        guard scheme == "https" || scheme == "http" && allowsPrivate else {
            throw Rejection("url", "it must begin with https://")
        }
        guard url.user == nil, url.password == nil, url.fragment == nil else {
            throw Rejection("url", "it must hold neither user nor password, nor a fragment")
        }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard !allowsPrivate else { return }
        let isLocal = bare.lowercased() == "localhost" || bare.lowercased().hasSuffix(".localhost")
        guard !isLocal, PublicAddress.bytes(of: bare).map(PublicAddress.isPublic) ?? true else {
            throw Rejection(
                "url",
                "\(bare) is no address of the public internet: 'subscriptions.allow_private: true' permits it"
            )
        }
    }
}
