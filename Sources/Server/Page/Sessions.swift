import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Storage

/// What a browser carries for us, signed: who has signed in, the word that guards forms, a notice for the next page.
struct Sessions: Sendable {
    private let key: SymmetricKey
    private let isSecure: Bool
    private let publicOrigin: String?
    private let clock: WallClock

    /// Milliseconds until a browser must sign in again.
    static let lifetime: Int64 = 12 * 3_600_000

    init(secret: String, settings: HTTPSettings, clock: WallClock) {
        key = SymmetricKey(data: SHA256.hash(data: Data("dunlin sessions \(secret)".utf8)))
        isSecure = settings.isSecure
        publicOrigin = settings.publicOrigin
        self.clock = clock
    }

    enum Cookie: String {
        case session = "dunlin_session"
        /// A random word for the form that one signs in with.
        case visit = "dunlin_visit"
        case notice = "dunlin_notice"
    }

    // MARK: - Who

    func signIn(_ tokenID: Int64) -> String {
        let claim = "\(tokenID).\(clock.now() + Sessions.lifetime).\(UInt64.random(in: .min ... .max))"
        return set(.session, "\(claim).\(sign("session", claim))", seconds: Sessions.lifetime / 1000)
    }

    /// The token that a browser has signed in with, unless that was too long ago.
    func tokenID(in request: Request) -> Int64? {
        guard let value = value(.session, request), let claim = verified("session", value) else { return nil }
        let fields = claim.split(separator: ".")
        guard fields.count == 3, let id = Int64(fields[0]), let until = Int64(fields[1]), until > clock.now() else {
            return nil
        }
        return id
    }

    func clear(_ cookie: Cookie) -> String { set(cookie, "", seconds: 0) }

    // MARK: - Forms

    /// A word that only our own pages know; it belongs to the session.
    func formWord(_ request: Request) -> String {
        formWord(of: value(.session, request) ?? "")
    }

    func newVisit() -> (cookie: String, formWord: String) {
        let word =
            String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
        return (set(.visit, word, seconds: 3600), formWord(of: word))
    }

    private func formWord(of carrier: String) -> String { sign("form", carrier) }

    /// Throws for a form that is not from a page of ours.
    func check(_ form: Form, _ request: Request) throws {
        try check(form, request, carrier: value(.session, request))
    }

    /// The same for the form that one signs in with.
    func checkVisit(_ form: Form, _ request: Request) throws {
        try check(form, request, carrier: value(.visit, request))
    }

    private func check(_ form: Form, _ request: Request, carrier: String?) throws {
        let expected = formWord(of: carrier ?? "")
        let isSame = isEqualInConstantTime(Array((form["csrf"] ?? "").utf8), Array(expected.utf8))
        guard carrier != nil, isSame, isSameOrigin(request) else {
            throw Problem(
                .forbidden,
                "this form is too old, or not of this page: go back, reload the page, and try again"
            )
        }
    }

    /// A browser says where a form comes from; it must be here, or what the world calls here.
    private func isSameOrigin(_ request: Request) -> Bool {
        guard let origin = request.headers[.origin] else { return true }
        if let publicOrigin, origin.lowercased() == publicOrigin { return true }
        guard let host = request.head.authority else { return false }
        return origin.lowercased() == "http://\(host.lowercased())"
            || origin.lowercased() == "https://\(host.lowercased())"
    }

    // MARK: - Notices

    func notice(_ text: String) -> String {
        let word = Data(text.utf8).base64EncodedString()
        return set(.notice, "\(word).\(sign("notice", word))", seconds: 60)
    }

    func notice(in request: Request) -> String? {
        guard let value = value(.notice, request), let word = verified("notice", value),
            let data = Data(base64Encoded: word)
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    // MARK: - Cookies

    private func set(_ cookie: Cookie, _ value: String, seconds: Int64) -> String {
        "\(cookie.rawValue)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    private func value(_ cookie: Cookie, _ request: Request) -> String? {
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let pair = pair.trimmingCharacters(in: .whitespaces)
                if pair.hasPrefix(cookie.rawValue + "=") { return String(pair.dropFirst(cookie.rawValue.count + 1)) }
            }
        }
        return nil
    }

    private func sign(_ purpose: String, _ text: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(purpose):\(text)".utf8), using: key)
        return code.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    private func verified(_ purpose: String, _ value: String) -> String? {
        guard let dot = value.lastIndex(of: ".") else { return nil }
        let text = String(value[..<dot])
        let signature = Array(value[value.index(after: dot)...].utf8)
        return isEqualInConstantTime(signature, Array(sign(purpose, text).utf8)) ? text : nil
    }
}
