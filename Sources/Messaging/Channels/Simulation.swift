/// Addresses that a test message may go to for an outcome of its choice.
///
/// `rejected@simulate.example` for email (the domain is reserved by RFC 2606), `+15005550001` and so on for calls and texts,
/// `simulate:rejected` for every other channel. Any other address is accepted.
public enum Simulation: String, Sendable, CaseIterable {
    case rejected
    case noSuchAddress = "no-such-address"
    case retry
    /// Fails once, and is accepted at the second attempt.
    case retryOnce = "retry-once"
    case policy
    case accepted
    case uncertain

    public static let domain = "simulate.example"
    static let phonePrefix = "+1500555000"

    /// The number for calls and texts.
    public var phone: String {
        Simulation.phonePrefix + String((Simulation.allCases.firstIndex(of: self) ?? 0) + 1)
    }

    /// - Parameter address: as the transport is given it.
    init?(address: String) {
        let address = address.lowercased()
        if address.hasPrefix("simulate:") {
            self.init(rawValue: String(address.dropFirst("simulate:".count)))
        } else if address.hasSuffix("@" + Simulation.domain) {
            self.init(rawValue: String(address.dropLast(Simulation.domain.count + 1)))
        } else {
            let phone = address.filter { $0.isNumber || $0 == "+" }
            guard let match = Simulation.allCases.first(where: { $0.phone == phone }) else { return nil }
            self = match
        }
    }

    /// - Parameter attempts: that came before this one.
    /// - Returns: `nil` for what is accepted.
    func outcome(attempts: Int) -> Outcome? {
        switch self {
        case .accepted: nil
        case .rejected: .rejected(.permanent, "simulated: 550 5.6.0 the message was refused")
        case .noSuchAddress: .rejected(.recipient, "simulated: 550 5.1.1 there is no such address")
        case .policy: .rejected(.policy, "simulated: 550 5.7.1 refused by policy")
        case .retry: .retry(.temporary, "simulated: 451 4.3.0 try again later")
        case .retryOnce: attempts == 0 ? .retry(.temporary, "simulated: 451 4.3.0 try again later") : nil
        case .uncertain: .uncertain(.connection, "simulated: the connection was lost after the final dot")
        }
    }
}
