import Curl
import Foundation

/// Where may be posted to, of addresses that others name.
public struct EndpointRule: Sendable {
    /// Where the address stands, such as `url`.
    let place: String
    /// `http` and addresses within private networks too.
    let allowsPrivate: Bool
    /// The setting that permits them.
    let permission: String

    static let longest = 2000

    static func subscription(allowsPrivate: Bool) -> EndpointRule {
        EndpointRule(place: "url", allowsPrivate: allowsPrivate, permission: "subscriptions.allow_private")
    }

    func check(_ text: String) throws(Rejection) {
        guard text.utf8.count <= EndpointRule.longest, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), let host = url.host,
            !host.isEmpty
        else { throw Rejection(place, "it is no address of a server: write it like https://example.com/hooks") }
        guard scheme == "https" || scheme == "http" && allowsPrivate else {
            throw Rejection(place, "it must begin with https://")
        }
        guard url.user == nil, url.password == nil, url.fragment == nil else {
            throw Rejection(place, "it must hold neither user nor password, nor a fragment")
        }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard !allowsPrivate else { return }
        let isLocal = bare.lowercased() == "localhost" || bare.lowercased().hasSuffix(".localhost")
        guard !isLocal, PublicAddress.bytes(of: bare).map(PublicAddress.isPublic) ?? true else {
            throw Rejection(
                place,
                "\(bare) is no address of the public internet: '\(permission): true' permits it"
            )
        }
    }
}
