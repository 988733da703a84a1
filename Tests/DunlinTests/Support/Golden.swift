/// Output with everything that differs between runs replaced by what always looks the same.
enum Golden {
    /// Times, lengths of time that are counted from now, and the name of whoever runs the tests.
    static func normal(_ text: String) -> String {
        text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, with: "(a time of milliseconds)")
            .replacing(/(for|in|stopped) \d+ (s|min|h \d+ min|d)\b/) { "\($0.output.1) (a while)" }
            .replacing(/outbox, \d+ ms/, with: "outbox, (a while)")
            .replacing(/held by \S+ on/, with: "held by (somebody) on")
            .replacing(/"free_bytes":\d+/, with: #""free_bytes":(many)"#)
    }
}
