/// The time-outs of a dialogue in nanoseconds.
struct SMTPLimits {
    private let command: UInt64
    private let mail: UInt64
    private let recipient: UInt64
    private let data: UInt64
    private let dataBlock: UInt64
    private let finalDot: UInt64
    private let quit: UInt64

    init(_ timeouts: SMTPTimeouts) {
        command = timeouts.command.nanoseconds
        mail = timeouts.mail.nanoseconds
        recipient = timeouts.recipient.nanoseconds
        data = timeouts.data.nanoseconds
        dataBlock = timeouts.dataBlock.nanoseconds
        finalDot = timeouts.finalDot.nanoseconds
        quit = timeouts.quit.nanoseconds
    }

    /// How long the answer to a step may take.
    func limit(for step: SMTPStep, isDotReleased: Bool) -> UInt64 {
        switch step {
        case .mail: mail
        case .recipient: recipient
        case .data: data
        case .body: isDotReleased ? finalDot : dataBlock
        case .loneDot: finalDot
        case .reset: command
        case .quit: quit
        }
    }
}
