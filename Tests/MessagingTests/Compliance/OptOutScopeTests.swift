import Testing

@testable import Messaging

@Suite("What an opt-out covers")
struct OptOutScopeTests {
    private static let scopes: [OptOut.Scope] = [nil, Channel.email].flatMap { channel in
        [nil, "acme"].flatMap { brand in
            [nil, "commercial"].map { OptOut.Scope(channel: channel, brand: brand, category: $0) }
        }
    }

    private func covers(_ scope: OptOut.Scope, _ facts: Gate.Facts) -> Bool {
        OptOut(id: 1, addressKey: "a", scope: scope, address: "a", source: "cli", note: nil, at: 0).covers(facts)
    }

    private func facts(_ channel: Channel, _ brand: String, _ category: String, _ key: String = "a") -> Gate.Facts {
        Gate.Facts(channel: channel, brand: brand, category: category, addressKey: key, expires: nil)
    }

    @Test("all that a scope names must agree, and what it does not name is covered", arguments: scopes)
    func everyCombination(scope: OptOut.Scope) {
        for channel in Channel.allCases {
            for brand in ["acme", "zenith", ""] {
                for category in ["commercial", "transactional"] {
                    let expected =
                        (scope.channel == nil || channel == .email) && (scope.brand == nil || brand == "acme")
                        && (scope.category == nil || category == "commercial")
                    #expect(covers(scope, facts(channel, brand, category)) == expected)
                }
            }
        }
    }

    @Test("another person's messages are never covered", arguments: scopes)
    func others(scope: OptOut.Scope) {
        #expect(!covers(scope, facts(.email, "acme", "commercial", "b")))
    }

    @Test(
        "a scope is told in words",
        arguments: [
            (OptOut.Scope(), "everything"),
            (.init(channel: .sms), "channel sms"),
            (.init(brand: "acme"), "brand acme"),
            (.init(category: "commercial"), "category commercial"),
            (.init(channel: .email, category: "commercial"), "channel email, category commercial"),
        ]
    )
    func words(scope: OptOut.Scope, expected: String) {
        #expect(scope.description == expected)
    }
}
