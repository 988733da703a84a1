/// One thing said to the server that it will answer.
enum SMTPStep: UInt8 {
    case mail = 1
    case recipient
    case data
    /// The message with its final dot.
    case body
    /// A dot without a message, when the server asks for one although it refused the envelope.
    case loneDot
    case reset
    case quit

    var phase: SMTPPhase {
        switch self {
        case .mail: .mail
        case .recipient: .recipient
        case .data: .data
        case .body: .finalDot
        case .loneDot: .finalDot
        case .reset: .reset
        case .quit: .quit
        }
    }
}

/// The steps that await their answers, oldest first, at most 16: answers come in the order of the questions.
struct SMTPStepQueue {
    private var bits: UInt64 = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var first: SMTPStep? { SMTPStep(rawValue: UInt8(bits & 0xF)) }

    func consists(of step: SMTPStep) -> Bool {
        count == 1 && first == step
    }

    mutating func append(_ step: SMTPStep) {
        precondition(count < 16, "the dialogue never has more than six steps open")
        bits |= UInt64(step.rawValue) << UInt64(count * 4)
        count += 1
    }

    mutating func popFirst() -> SMTPStep? {
        guard let step = first else { return nil }
        bits >>= 4
        count -= 1
        return step
    }

    mutating func removeAll() {
        bits = 0
        count = 0
    }
}
