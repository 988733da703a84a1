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
    public var wish: WishReader.Wish?

    /// What the sender asks for: what the provider says, else what the words say. Providers take YES for START; it may answer
    /// another question.
    var asks: WishReader.Wish? {
        let own = WishReader.read(text)
        return wish == .start && own != .start ? nil : wish ?? own
    }
}
