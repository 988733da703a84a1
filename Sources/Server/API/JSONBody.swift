import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Messaging
import NIOCore

/// An object in a request's body, read strictly: every field is known, and of the right kind.
struct JSONBody {
    let object: JSONValue

    /// - Parameter isOptional: an empty body counts as an object without members.
    init(_ request: Request, known: Set<String>, isOptional: Bool = false) async throws {
        let bytes = try await request.bytes(upTo: JSONBody.limit)
        if bytes.isEmpty, isOptional {
            object = try JSONValue.parse("{}")
            return
        }
        try request.require(["application/json"])
        let value = try JSONValue.body(bytes)
        guard value.kind == .object else { throw Problem(Rejection("", "an object is expected")) }
        for (name, _) in value.members where !known.contains(name.string ?? "") {
            throw Problem(
                Rejection(
                    name.string ?? "",
                    "there is no such field; known: \(known.sorted().joined(separator: ", "))"
                )
            )
        }
        object = value
    }

    /// Bytes of a body that is no message.
    static let limit = 1 << 20

    /// `nil` for a field that is absent or null.
    subscript(_ name: String) -> JSONValue? {
        object[name].flatMap { $0.isNull ? nil : $0 }
    }

    func text(_ name: String, limit: Int = 1000) throws -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw Problem(Rejection(name, "it must be a string")) }
        guard text.utf8.count <= limit else { throw Problem(Rejection(name, "it has more than \(limit) bytes")) }
        guard !text.utf8.contains(0) else { throw Problem(Rejection(name, "it holds a NUL")) }
        return text
    }

    func required(_ name: String, limit: Int = 1000) throws -> String {
        guard let text = try text(name, limit: limit), !text.isEmpty else {
            throw Problem(Rejection(name, "it is missing"))
        }
        return text
    }

    func bool(_ name: String) throws -> Bool {
        guard let value = self[name] else { return false }
        guard let bool = value.bool else { throw Problem(Rejection(name, "it must be true or false")) }
        return bool
    }

    func object(_ name: String) throws -> JSONValue? {
        guard let value = self[name] else { return nil }
        guard value.kind == .object else { throw Problem(Rejection(name, "it must be an object")) }
        return value
    }
}

extension JSONValue {
    static func body(_ bytes: [UInt8]) throws -> JSONValue {
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw Problem(
                .badRequest,
                "the body is no valid JSON: \(error)",
                flaws: [.init(place: .body(""), detail: "\(error)")]
            )
        }
    }
}

extension Request {
    /// The media type of the body, without its parameters.
    var mediaType: String {
        (headers[.contentType] ?? "").split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
            ?? ""
    }

    func require(_ types: [String]) throws {
        guard types.contains(mediaType) else {
            let given = mediaType.isEmpty ? "nothing" : "'\(mediaType)'"
            throw Problem(
                .unsupportedMediaType,
                "Content-Type says \(given); this address takes \(types.joined(separator: " or "))"
            ).closing
        }
    }

    /// How long the body is, where the head says it.
    var declaredLength: Int? { headers[.contentLength].flatMap { Int($0) } }

    static func tooLarge(_ limit: Int) -> Problem {
        Problem(.contentTooLarge, "the body has more than \(limit >> 10) KiB").closing
    }

    /// The whole body. A body that breaks off is an error, whatever has come of it.
    ///
    /// - Parameter reserve: is told of each part that came; what is only announced takes no room from others.
    func bytes(upTo limit: Int, reserve: (Int) throws -> Void = { _ in }) async throws -> [UInt8] {
        if let declaredLength, declaredLength > limit { throw Request.tooLarge(limit) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(declaredLength ?? 0, limit, 64 << 10))
        for try await part in body {
            guard bytes.count + part.readableBytes <= limit else { throw Request.tooLarge(limit) }
            try reserve(part.readableBytes)
            bytes.append(contentsOf: part.readableBytesView)
        }
        if let declaredLength, bytes.count < declaredLength {
            throw Problem(.badRequest, "the body broke off after \(bytes.count) of \(declaredLength) bytes").closing
        }
        return bytes
    }
}

extension Response {
    static func json(_ status: HTTPResponse.Status = .ok, _ body: (inout JSONWriter) throws -> Void) rethrows
        -> Response
    {
        var writer = JSONWriter()
        try body(&writer)
        return Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes))
        )
    }

    static func bytes(_ bytes: [UInt8], type: String, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
