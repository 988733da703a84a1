/// What a provider posts to us.
public struct HookRequest: Sendable {
    public let method: String
    /// As the world calls it, with its query.
    public let url: String
    public let query: [(name: String, value: String)]
    /// By lower-case name.
    public let headers: [String: String]
    public let body: [UInt8]

    /// - Parameters:
    ///   - origin: such as `https://reminders.example.com`.
    ///   - target: path and query.
    public init(method: String, origin: String, target: String, headers: [String: String], body: [UInt8]) {
        self.method = method
        url = origin + target
        let question = target.firstIndex(of: "?")
        query = question.map { FormEncoding.decode(Array(target[target.index(after: $0)...].utf8)) } ?? []
        self.headers = headers
        self.body = body
    }

    var mediaType: String {
        let type = headers["content-type"]?.split(separator: ";").first.map(String.init) ?? ""
        return type.lowercased().filter { !$0.isWhitespace }
    }
}

/// What it says.
public struct HookContent: Sendable, Equatable {
    public enum Matter: Sendable, Equatable {
        case receipt(DeliveryReceipt)
        case inbound(InboundText)
        case mail(InboundMail)
        /// Nothing that concerns us.
        case nothing
    }

    public let matter: Matter
    /// The same for every repetition.
    public let identity: String
}

/// Reads what one transport's provider posts, and believes only what is proven to come from it.
public protocol HookReader: Sendable {
    func read(_ hook: HookRequest) throws(HookRefusal) -> HookContent

    /// Whether what people text is answered by us, and not by the provider.
    var answersTexts: Bool { get }

    /// What the provider wants to hear.
    var answer: HookAnswer { get }
}

public struct HookAnswer: Sendable {
    public let type: String
    public let body: String
}

public enum HookRefusal: Error, Sendable, Equatable {
    /// The proof is missing or wrong.
    case unproven(String)
    /// It is proven, and cannot be read.
    case malformed(String)
}
