import HTTPTypes
import NIOCore

/// Whether a request without a token comes from a program of this machine, while there are no tokens.
///
/// A reverse proxy and a browser are on the loopback address too: what a proxy adds, what only a browser sends, and a name
/// that is not this machine's (DNS rebinding) refuse the request.
enum LocalCaller {
    private static let foreign = [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port",
        "X-Forwarded-Server", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Via", "Origin",
        "Sec-Fetch-Site", "Sec-Fetch-Mode", "Referer",
    ].compactMap { HTTPField.Name($0) }

    /// - Returns: why not; `nil` for a local program.
    static func refusal(address: SocketAddress?, host: String?, headers: HTTPFields) -> String? {
        guard let address, isLoopback(address) else {
            return
                "only callers on this machine need no token, while there is none: make one with 'dunlin token create'"
        }
        if let name = foreign.first(where: { headers[$0] != nil }) {
            return "a request with \(name) needs a token: make one with 'dunlin token create'"
        }
        guard let host, ["localhost", "127.0.0.1", "[::1]"].contains(name(of: host)) else {
            return "a request to another name than localhost needs a token: make one with 'dunlin token create'"
        }
        return nil
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        guard let text = address.ipAddress else { return address.pathname != nil }
        return text == "::1" || text.hasPrefix("127.") || text.lowercased().hasPrefix("::ffff:127.")
    }

    private static func name(of host: String) -> String {
        let host = host.lowercased()
        guard let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isNumber),
            !host.hasSuffix("]")
        else { return host }
        return String(host[..<colon])
    }
}
