public import Storage

/// Every statement of the module, for the tests that hold each against PostgreSQL's parser and SQLite's planner.
public enum Statements {
    public static let all =
        Schema.statements + Tally.statements + Event.statements + Nodes.statements + OptOuts.statements
        + Installation.statements + Queue.enqueueStatements + Queue.handOffStatements + Queue.settleStatements
        + Queue.turnStatements + Queue.lookStatements + MessageAction.statements + Queue.tidyStatements
        + Tokens.statements + Subscriptions.statements + News.statements + NewsRelay.statements
        + Queue.editStatements + AuditLog.statements + HookLog.statements + Pauses.statements + PhoneKeys.statements
        + Queue.statusStatements + [Queue.ahead] + Reservation.statements + ManualTasks.statements
        + Fallback.statements + Spending.statements + MissingReceipts.statements
        + Contacts.statements + Evidence.statements + People.statements + Consents.statements
        + ComplianceCounts.statements + StreamGuard.statements + Runs.statements
        + TextAnswers.statements + StopWording.statements + Addressee.statements + PersonStops.statements
        + LegalHolds.statements
        + Replies.statements + Reputation.statements
}
