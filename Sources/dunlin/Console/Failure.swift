import ArgumentParser
import Glibc
import Messaging
import Storage

/// An end that is not a success: what is told, and the exit code (sysexits.h).
struct Failure: Error {
    enum Code: Int32 {
        case usage = 64
        case data = 65
        case noInput = 66
        case unavailable = 69
        case cannotCreate = 73
        case inputOutput = 74
        case temporary = 75
        case configuration = 78
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Ends the process with the error's message and code.
    static func exit(_ error: any Error) -> Never {
        let failure: Failure
        switch error {
        case let error as Failure: failure = error
        case let error as ConfigurationError: failure = Failure(.configuration, error.description)
        case let error as Rejection: failure = Failure(.configuration, error.description)
        case let error as StorageError: failure = Failure(code(of: error), error.message)
        default: Dunlin.exit(withError: error)
        }
        if !failure.message.isEmpty { Console.error("dunlin: \(failure.message)") }
        Glibc.exit(failure.code.rawValue)
    }

    private static func code(of error: StorageError) -> Code {
        switch error.code {
        case .busy, .diskFull, .workerRefused: .temporary
        case .access: .cannotCreate
        case .constraint, .corrupt, .schema, .other: .inputOutput
        }
    }
}
