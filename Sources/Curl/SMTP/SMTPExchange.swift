/// A message while it is being spoken.
struct SMTPExchange {
    var submission: SMTPSubmission
    /// The first command that was refused, and its answer.
    var refusal: (reply: SMTPReply, phase: SMTPPhase)?
    /// Whether the server has answered anything about it.
    var isAnswered = false
    var acceptedRecipient = false
    /// How much of `submission.data` is in the output.
    var bodyOffset = 0
    /// Where its body starts in the session's output; `nil` before the 354.
    var bodyPosition: UInt64?
    /// Where its final dot stands in the session's output; `nil` until it is written.
    var dotPosition: UInt64?
}
