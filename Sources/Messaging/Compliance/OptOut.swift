/// A recipient's no.
public struct OptOut: Sendable, Hashable {
    public let id: Int64
    public let addressKey: String
    public let scope: Scope
    /// The address as it was given.
    public let address: String
    /// How the no reached us, such as `cli` or `link`.
    public let source: String
    public let note: String?
    /// Milliseconds since 1970, UTC.
    public let at: Int64
    /// It is about this address alone, and about no other of the person.
    public var isAlone = false

    /// In the place of an erased person's address.
    public static let erased = "(erased)"
    public var isErased: Bool { OptOut.isErased(key: addressKey) }

    /// Whether it is the keyed hash of an erased person's address.
    public static func isErased(key: String) -> Bool {
        key.hasPrefix(AddressHash.prefix) && key.utf8.count == AddressHash.prefix.utf8.count + 64
            && key.dropFirst(AddressHash.prefix.count).allSatisfy(\.isHexDigit)
    }

    /// The same of another address.
    func renamed(_ key: String) -> OptOut {
        OptOut(
            id: id,
            addressKey: key,
            scope: scope,
            address: key,
            source: source,
            note: note,
            at: at,
            isAlone: isAlone
        )
    }

    /// What is covered; `nil` means every one, so an empty scope covers everything.
    public struct Scope: Sendable, Hashable, CustomStringConvertible {
        public var channel: Channel?
        public var brand: String?
        public var category: String?

        public init(channel: Channel? = nil, brand: String? = nil, category: String? = nil) {
            self.channel = channel
            self.brand = brand
            self.category = category
        }

        /// Whether all that `other` covers is covered.
        public func contains(_ other: Scope) -> Bool {
            (channel == nil || channel == other.channel) && (brand == nil || brand == other.brand)
                && (category == nil || category == other.category)
        }

        /// Throws where no message can have the scope: such a no would be recorded and never cover anything.
        public func check(brands: [String]) throws(Rejection) {
            if let category, category != "transactional", category != "commercial" {
                throw Rejection("category", "there is no category '\(category)': it is transactional or commercial")
            }
            if let brand, !brands.contains(brand) {
                throw Rejection("brand", "there is no brand '\(brand)'; known: \(brands.joined(separator: ", "))")
            }
        }

        public var description: String {
            let parts = [
                channel.map { "channel \($0.rawValue)" }, brand.map { "brand \($0)" },
                category.map { "category \($0)" },
            ].compactMap { $0 }
            return parts.isEmpty ? "everything" : parts.joined(separator: ", ")
        }
    }

    var reason: String {
        switch source {
        case OptOut.bounce: "the address does not exist: it bounced before"
        case OptOut.review: "an answer may be a no to \(scope): read it, and take the opt-out back where it is none"
        case OptOut.complaint: "called a message spam"
        default: "opted out of \(scope) (\(source))"
        }
    }

    /// The source of a row that a server's refusal wrote: the address does not exist.
    static let bounce = "bounce"
    /// The provider refuses the recipient, who has told it so.
    static let provider = "provider"
    /// The recipient has answered so.
    static let reply = "reply"
    /// An answer that may be a no: a person reads it, and takes this back where it is none.
    static let review = "review"
    /// The recipient called a message spam.
    static let complaint = "complaint"

    func covers(_ message: Gate.Facts) -> Bool {
        addressKey == message.addressKey
            && scope.channel.map { $0 == message.channel } ?? true
            && scope.brand.map { $0 == message.brand } ?? true
            && scope.category.map { $0 == message.category } ?? true
    }
}
