/// What a provider reports of a message that it has taken.
public struct DeliveryReceipt: Sendable, Equatable {
    public enum Status: Sendable, Equatable {
        /// It is on its way: the provider has it.
        case underway
        case delivered
        /// It will not arrive.
        case failed(Outcome.Reason)
    }

    /// Our id, where the provider was told to give it back.
    public var message: Int64?
    /// What the provider calls the message.
    public var reference: String?
    public var status: Status
    /// In the provider's words.
    public var detail: String
}

/// A text that somebody sent to us.
public struct InboundText: Sendable, Equatable {
    /// What the provider calls it; made of its words where it calls it nothing.
    public var reference: String
    /// The provider has named it, so that the same name is the same text.
    public var isNamed = true
    /// E.164.
    public var from: String
    public var to: String
    public var text: String
    /// What the provider has made of it itself.
    public var wish: Wish?

    public enum Wish: String, Sendable {
        case stop, start, help
    }

    private static let stops: Set<String> = [
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "opt-out",
    ]
    private static let starts: Set<String> = ["start", "unstop", "yes"]
    private static let helps: Set<String> = ["help", "info"]

    /// What the sender asks for: what the provider says, else a text of one keyword, however it is spelled (47 CFR
    /// 64.1200(a)(10) names stop, quit, end, revoke, opt out, cancel and unsubscribe).
    var asks: Wish? {
        if let wish { return wish }
        let words = text.lowercased().split { !$0.isLetter && $0 != "-" }.joined(separator: " ")
        if InboundText.stops.contains(words) { return .stop }
        if InboundText.starts.contains(words) { return .start }
        return InboundText.helps.contains(words) ? .help : nil
    }
}
