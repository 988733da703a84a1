import HTTPTypes
import Hummingbird
import JSON
import Messaging
import NIOCore
import Storage

/// An answer that says what is wrong (RFC 9457): every error of the server is one.
struct Problem: Error {
    /// What is wrong at one place.
    struct Flaw {
        enum Place {
            /// A JSON pointer into the body (RFC 6901); empty for the body as a whole.
            case body(String)
            /// A parameter of the query, the path or a header.
            case parameter(String)
        }

        let place: Place
        let detail: String
    }

    let status: HTTPResponse.Status
    let detail: String
    var flaws: [Flaw] = []
    var headers: HTTPFields = [:]
    /// Members beside the standard ones.
    var members: [(name: String, value: Int)] = []

    static let contentType = "application/problem+json"

    init(_ status: HTTPResponse.Status, _ detail: String, flaws: [Flaw] = []) {
        self.status = status
        self.detail = detail
        self.flaws = flaws
    }

    /// Try again after so many seconds.
    static func later(_ status: HTTPResponse.Status, seconds: Int, _ detail: String) -> Problem {
        var problem = Problem(status, detail)
        problem.headers[.retryAfter] = "\(seconds)"
        return problem
    }

    static func badParameter(_ name: String, _ detail: String) -> Problem {
        Problem(.badRequest, "\(name): \(detail)", flaws: [.init(place: .parameter(name), detail: detail)])
    }

    static func notFound(_ what: String) -> Problem {
        Problem(.notFound, "there is no such \(what)")
    }

    /// - Parameter prefix: where the value stands in the body.
    init(_ rejection: Rejection, at prefix: String = "") {
        self.init(.unprocessableContent, rejection.description, flaws: [Flaw(rejection, at: prefix)])
    }

    /// The connection ends behind the answer, as the rest of the request is not wanted.
    var closing: Problem {
        var problem = self
        problem.headers[.connection] = "close"
        return problem
    }

    func body(requestID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", "about:blank")
        writer.member("title", status.reasonPhrase)
        writer.member("status", status.code)
        writer.member("detail", detail)
        if !requestID.isEmpty { writer.member("request_id", requestID) }
        if !flaws.isEmpty {
            writer.name("errors")
            writer.beginArray()
            for flaw in flaws { flaw.write(to: &writer) }
            writer.endArray()
        }
        for (name, value) in members { writer.member(name, value) }
        writer.endObject()
        return writer.bytes
    }

    func response(requestID: String) -> Response {
        var headers = headers
        headers[.contentType] = Problem.contentType
        return Response(
            status: status,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: body(requestID: requestID)))
        )
    }
}

extension Problem.Flaw {
    init(_ rejection: Rejection, at prefix: String = "") {
        self.init(place: .body(prefix + rejection.pointer), detail: rejection.message)
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch place {
        case .body(let pointer): writer.member("pointer", pointer)
        case .parameter(let name): writer.member("parameter", name)
        }
        writer.member("detail", detail)
        writer.endObject()
    }
}

extension Problem {
    /// What any error means to a caller; nothing internal is told.
    init(for error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let rejection as Rejection: self.init(rejection)
        case let error as StorageError: self.init(storage: error)
        case let error as HTTPError: self.init(error.status, error.status.reasonPhrase.lowercased())
        case is ClientTooSlow: self = Problem(.requestTimeout, "the body of the request did not come in time").closing
        case is CancellationError: self = .later(.serviceUnavailable, seconds: 5, "the server is stopping")
        default: self.init(.internalServerError, "something went wrong here; the log says what, by the request's id")
        }
    }

    private init(storage error: StorageError) {
        switch error.code {
        case .diskFull:
            self = .later(.serviceUnavailable, seconds: 30, "the disk is full: nothing is accepted until there is room")
        case .busy:
            self = .later(.serviceUnavailable, seconds: 1, "the database is busy")
        default:
            self.init(.internalServerError, "the database cannot be used; the log says why, by the request's id")
        }
    }
}

extension Rejection {
    /// The place as a JSON pointer: `attachments[0].base64` is `/attachments/0/base64`.
    var pointer: String {
        place.isEmpty
            ? ""
            : "/"
                + place.replacing("~", with: "~0").replacing("/", with: "~1").replacing("[", with: ".")
                .replacing("]", with: "").replacing(".", with: "/")
    }
}
