/// A part of a channel's queue that is claimed by itself: a brand's messages, or those of them that a limit keeps back.
///
/// What a limit keeps back is moved out of the way of the others ("parked"), and moves on at the limit's own pace.
struct Share: Hashable, Sendable {
    let channel: Channel
    let brand: String
    /// The name of the limit, such as `domain:example.com`; `nil` for what nothing keeps back.
    var limit: String?

    init(channel: Channel, brand: String, limit: String? = nil) {
        self.channel = channel
        self.brand = brand
        self.limit = limit
    }

    /// No brand that a message names holds one.
    private static let separator: Character = "\u{1f}"

    /// Behind a brand's name it comes after all of the brand's shares, and before any other brand's.
    static let behindParked = "\u{1f}\u{10ffff}"

    /// - Parameter name: as it stands in `message.share`.
    init(channel: Channel, name: String) {
        let parts = name.split(separator: Share.separator, maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init
        )
        self.init(channel: channel, brand: parts[0], limit: parts.count > 1 ? parts[1] : nil)
    }

    /// An order about messages keeps it: nothing is claimed of it until that ends.
    var isKept: Bool { limit?.hasPrefix(Pause.keeperPrefix) ?? false }

    /// As it stands in `message.share`.
    var name: String { limit.map { "\(brand)\(Share.separator)\($0)" } ?? brand }
}
