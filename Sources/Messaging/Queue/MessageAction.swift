import Storage

/// What a person may do with messages.
public enum MessageAction: String, Sendable, CaseIterable {
    /// Waiting or held ones end.
    case cancel
    /// Failed ones go again, with all their retries.
    case retry
    /// Held ones go; one that stands by for another channel only when its turn has come.
    case approve
    /// Waiting ones wait for a word.
    case hold

    /// The states that the action starts from.
    public var from: [MessageState] {
        switch self {
        case .cancel: [.waiting, .held]
        case .retry: [.failed]
        case .approve: [.held]
        case .hold: [.waiting]
        }
    }

    var event: Event.Kind {
        switch self {
        case .cancel: .cancelled
        case .retry: .replayed
        case .approve: .approved
        case .hold: .held
        }
    }

    var statement: Statement {
        switch self {
        case .cancel: MessageAction.cancelStatement
        case .retry: MessageAction.retryStatement
        case .approve: MessageAction.approveStatement
        case .hold: MessageAction.holdStatement
        }
    }

    private static let cancelStatement = Statement(
        """
        UPDATE message SET state = 'cancelled', finished_at = $2, reason = $3
        WHERE id = $1 AND state IN ('waiting', 'held')
        """
    )
    private static let retryStatement = Statement(
        """
        UPDATE message SET state = 'waiting', due = $2, since = $2, attempts = 0, finished_at = NULL, reason = $3, share = brand
        WHERE id = $1 AND state = 'failed'
        """
    )
    private static let approveStatement = Statement(
        """
        UPDATE message SET state = 'waiting', due = CASE WHEN due > $2 THEN due ELSE $2 END, since = $2, reason = $3,
            share = brand
        WHERE id = $1 AND state = 'held' AND (reason IS NULL OR reason <> 'fallback')
        """
    )
    private static let holdStatement = Statement(
        """
        UPDATE message SET state = 'held', due = CASE WHEN due > $2 THEN due ELSE $2 END, reason = $3
        WHERE id = $1 AND state = 'waiting'
        """
    )

    static let statements = [cancelStatement, retryStatement, approveStatement, holdStatement]
}
