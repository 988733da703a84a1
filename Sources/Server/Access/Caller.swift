import Messaging

/// Who makes a request, and what they may do.
struct Caller: Sendable {
    /// What stories say of whom it came from, such as `token billing`.
    let origin: String
    let name: String
    let scopes: Set<Scope>
    /// `nil` for a local caller without a token.
    let tokenID: Int64?
    let isTest: Bool
    /// Messages a second; `nil` for no limit.
    let rate: Int?

    static let nobody = Caller(origin: "", name: "", scopes: [], tokenID: nil, isTest: false, rate: nil)

    /// A process of this machine, while there is no token.
    static let local = Caller(
        origin: "local http",
        name: "local",
        scopes: Set(Scope.allCases),
        tokenID: nil,
        isTest: false,
        rate: nil
    )

    init(_ token: Token) {
        self.init(
            origin: token.origin,
            name: token.name,
            scopes: token.scopes,
            tokenID: token.id,
            isTest: token.isTest,
            rate: token.rate
        )
    }

    private init(origin: String, name: String, scopes: Set<Scope>, tokenID: Int64?, isTest: Bool, rate: Int?) {
        self.origin = origin
        self.name = name
        self.scopes = scopes
        self.tokenID = tokenID
        self.isTest = isTest
        self.rate = rate
    }

    /// What the caller's keys are stored under: those of test messages are a space of their own, so that no real message
    /// is ever taken for one that a test has sent.
    /// No key that is handed in holds a control character.
    func stored(key: String) -> String { isTest ? "\u{1}test:\(key)" : key }
}
