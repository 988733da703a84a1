/// What a dialogue has to tell its session; collected, so that nothing is allocated per message.
struct SMTPVerdicts {
    /// Submissions that are done.
    var reports: [SMTPReport] = []
    /// Submissions whose turn had not come when the session ended: they may start on another one.
    var returned: [SMTPSubmission] = []

    mutating func report(_ submission: SMTPSubmission, _ outcome: SMTPOutcome) {
        reports.append(SMTPReport(tag: submission.tag, outcome: outcome))
    }
}
