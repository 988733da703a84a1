/// `type: task`: a person makes the call, or posts the letter.
public struct TaskSettings: Sendable, Codable {
    public var type: String? = "task"
    /// Default `task`.
    public var name: String?
    /// Who does it, until somebody else is named. Default: nobody yet.
    public var assignee: String?
    /// In what time it is to be done. Default `2d`.
    public var dueIn: TimeSpan?
    /// Where a letter's address stands: `din-5008-b` (A4, default) or `us-10` (Letter).
    public var envelope: LetterSheet.Envelope?

    public init() {}
}
