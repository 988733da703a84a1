/// What each family of measures means.
enum Measures {
    static let help = [
        "dunlin_accepted_total": "Messages accepted over HTTP by this process.",
        "dunlin_http_requests_total": "Requests by method, route and status.",
        "dunlin_http_request_seconds": "From the head of a request to its answer.",
        "dunlin_backpressure_total": "Requests that were asked to come again, by reason.",
        "dunlin_attempts_total": "Attempts by what came of them.",
        "dunlin_accept_to_attempt_seconds":
            "From acceptance, or from when it was due if that is later, to the first attempt.",
        "dunlin_attempt_seconds": "From the hand-off of an attempt to its outcome.",
        "dunlin_lateness_seconds": "From when a message was due until a transport took it.",
        "dunlin_claims_total": "Messages that were claimed.",
        "dunlin_claim_size": "Messages of one claim.",
        "dunlin_settle_batch_size": "Outcomes that were written together.",
        "dunlin_storage_seconds": "How long transactions took, by what they did.",
        "dunlin_storage_failures_total": "Transactions of the dispatcher that failed.",
        "dunlin_limiter_waits_total":
            "Deliveries that their lane could not start in time, so that they were handed off again.",
        "dunlin_gate_decisions_total": "What the gate said of messages.",
    ]
}
