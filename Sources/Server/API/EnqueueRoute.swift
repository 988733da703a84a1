import Curl
import HTTPTypes
import Hummingbird
import JSON
import Messaging
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// `POST /v1/messages`: one message, an array of them, or JSON Lines of any length.
struct EnqueueRoute {
    let backend: Backend
    let register: TokenRegister
    let acceptQueue: AcceptQueue

    static let mostItems = 10_000
    static let mostBytes = 32 << 20
    /// Messages that are stored in one transaction: others get their turn in between.
    static let batch = 500

    var routes: [Route] {
        [Route(.post, "/v1/messages", .scopes([.enqueue])) { try await post($0, $1) }]
    }

    private func post(_ request: Request, _ context: ServerContext) async throws -> Response {
        try request.require(["application/json", "application/x-ndjson"])
        let key = try idempotencyKey(request)
        if request.mediaType == "application/x-ndjson" {
            guard key == nil else { throw EnqueueRoute.keyOfMany }
            return try await stream(request, context.caller)
        }
        let share = AcceptQueue.Share(of: acceptQueue)
        let bytes = try await request.bytes(upTo: EnqueueRoute.mostBytes) { try share.take(bytes: $0) }
        let value = try JSONValue.body(bytes)
        switch value.kind {
        case .object:
            return try await one(value, key: key, context.caller, share)
        case .array:
            guard key == nil else { throw EnqueueRoute.keyOfMany }
            return try await many(value, context.caller, share)
        default:
            throw Problem(Rejection("", "a message is an object, several are an array of objects"))
        }
    }

    private static var keyOfMany: Problem {
        .badParameter("Idempotency-Key", "it names one message: for several, give each its own 'key'")
    }

    private func idempotencyKey(_ request: Request) throws -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...200).contains(key.utf8.count),
            key.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { throw Problem.badParameter("Idempotency-Key", "it must have 1 to 200 bytes, and no control characters") }
        return key
    }

    private func admit(_ count: Int, _ caller: Caller) throws {
        guard let seconds = register.admit(count, caller) else { return }
        HTTPMeasures.shared.pushedBack(.tokenRate)
        throw Problem.later(
            .tooManyRequests,
            seconds: seconds,
            "the token \(caller.name) may hand in \(caller.rate ?? 0) messages a second"
        )
    }

    private func read(_ value: JSONValue, key: String? = nil, _ caller: Caller) throws(Rejection) -> NewMessage {
        var message = try backend.reader.read(value)
        if let key {
            guard message.key == nil || message.key == key else {
                throw Rejection("key", "it is not that of the header Idempotency-Key: give one of them")
            }
            if value["key"] == nil { message.document = EnqueueRoute.document(message.document, named: key) }
            message.key = key
        }
        message.key = message.key.map(caller.stored(key:))
        message.origin = caller.origin
        message.isTest = caller.isTest
        return message
    }

    /// The message with its key inside, so that it is the same message wherever the key was given.
    private static func document(_ object: [UInt8], named key: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.string(key)
        return Array("{\"key\":".utf8) + writer.bytes + [UInt8(ascii: ",")] + object.dropFirst()
    }

    private func store(_ messages: [NewMessage]) async throws -> [Receipt] {
        let start = MonotonicClock.now()
        let receipts = try await backend.queue.enqueue(messages)
        HTTPMeasures.shared.accepted(zip(messages, receipts), nanoseconds: MonotonicClock.now() - start)
        return receipts
    }

    // MARK: - One

    private func one(
        _ value: JSONValue,
        key: String?,
        _ caller: Caller,
        _ share: AcceptQueue.Share
    ) async throws -> Response {
        let message = try read(value, key: key, caller)
        try share.take(messages: 1)
        try admit(1, caller)
        guard let receipt = try await store([message]).first else { throw Problem(.internalServerError, "no receipt") }
        let result = ItemResult(position: 0, outcome: .stored(receipt))
        if let rejection = result.rejection { throw Problem(rejection) }
        return .json(.accepted) { result.write(to: &$0, positionName: nil) }
    }

    // MARK: - An array

    private func many(_ array: JSONValue, _ caller: Caller, _ share: AcceptQueue.Share) async throws -> Response {
        let items = Array(array.elements)
        guard !items.isEmpty, items.count <= EnqueueRoute.mostItems else {
            throw Problem(
                Rejection("", "1 to \(EnqueueRoute.mostItems) messages are expected: send more as JSON Lines")
            )
        }
        try share.take(messages: items.count)
        try admit(items.count, caller)
        var tally = IntakeTally()
        var writer = JSONWriter()
        writer.beginArray()
        var start = 0
        while start < items.count {
            let batch = start..<min(start + EnqueueRoute.batch, items.count)
            do {
                for result in try await store(items, batch, caller) {
                    tally.add(result) { "/\($0)" }
                    result.write(to: &writer, positionName: "index")
                }
            } catch {
                guard start > 0 else { throw error }
                throw tally.partial(error, settled: ("settled_items", start))
            }
            start = batch.upperBound
        }
        writer.endArray()
        guard tally.counts.good > 0 else { throw tally.problem }
        return .json(.accepted) { answer in
            answer.beginObject()
            tally.counts.write(to: &answer)
            answer.name("items")
            answer.raw(writer.bytes)
            answer.endObject()
        }
    }

    private func store(_ items: [JSONValue], _ batch: Range<Int>, _ caller: Caller) async throws -> [ItemResult] {
        var results: [ItemResult] = []
        var messages: [NewMessage] = []
        var places: [Int] = []
        for index in batch {
            do {
                messages.append(try read(items[index], caller))
                places.append(index)
            } catch {
                results.append(ItemResult(position: index, outcome: .rejected(error)))
            }
        }
        let receipts = messages.isEmpty ? [] : try await store(messages)
        results += zip(places, receipts).map { ItemResult(position: $0, outcome: .stored($1)) }
        return results.sorted { $0.position < $1.position }
    }

    // MARK: - JSON Lines

    private func stream(_ request: Request, _ caller: Caller) async throws -> Response {
        let spool = Spool()
        let share = AcceptQueue.Share(of: acceptQueue)
        var splitter = LineSplitter(limit: MessageReader.maximumSize)
        var tally = IntakeTally()
        var settledLines = 0
        var received = 0
        func settle(_ pieces: [LineSplitter.Piece]) async throws {
            for piece in pieces {
                for lines in piece.lines(backend.reader) {
                    let results = try await store(lines, caller, share)
                    settledLines = lines.lastLine
                    for result in results { tally.add(result) { "/line/\($0)" } }
                    for result in results { try spool.append(result.line) }
                }
            }
        }
        do {
            for try await part in request.body {
                received += part.readableBytes
                try await settle(splitter.append(part.readableBytesView))
            }
            if let length = request.declaredLength, received < length {
                throw Problem(.badRequest, "the body broke off after \(received) of \(length) bytes")
            }
            try await settle(splitter.finish())
            if tally.counts.good > 0 { try spool.append(EnqueueRoute.summary(tally.counts, lines: settledLines)) }
        } catch {
            let told: any Error = error is HTTPParserError ? Problem(.badRequest, "the body broke off") : error
            throw tally.partial(told, settled: ("settled_lines", settledLines))
        }
        guard tally.counts.good > 0 else { throw tally.problem }
        nonisolated(unsafe) let answer = spool
        return Response(
            status: .accepted,
            headers: [.contentType: "application/x-ndjson"],
            body: .init(contentLength: spool.count) { writer in
                try await answer.read { try await writer.write($0) }
                try await writer.finish(nil)
            }
        )
    }

    private static func summary(_ counts: IntakeCounts, lines: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("summary")
        writer.beginObject()
        counts.write(to: &writer)
        writer.member("lines", lines)
        writer.endObject()
        writer.endObject()
        return writer.bytes + [0x0a]
    }

    /// Waits for room and for the token's allowance, so that the client is slowed down by its own connection; a stop of the
    /// server ends the wait.
    private func store(_ lines: MessageLines, _ caller: Caller, _ share: AcceptQueue.Share) async throws -> [ItemResult]
    {
        var lines = lines
        lines.sign(origin: caller.origin, isTest: caller.isTest, key: caller.stored(key:))
        while !share.tryTake(messages: lines.messages.count) { try await EnqueueRoute.wait(.milliseconds(20)) }
        defer { share.release() }
        while let seconds = register.admit(lines.messages.count, caller) {
            try await EnqueueRoute.wait(.seconds(seconds))
        }
        let receipts = lines.messages.isEmpty ? [] : try await store(lines.messages)
        let results =
            zip(lines.lines, receipts).map { ItemResult(position: $0, outcome: .stored($1)) }
            + lines.rejections.map { ItemResult(position: $0.line, outcome: .rejected($0.rejection)) }
        return results.sorted { $0.position < $1.position }
    }

    private static func wait(_ time: Duration) async throws {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: time) }
        if Task.isShuttingDownGracefully || Task.isCancelled { throw CancellationError() }
    }
}

extension ItemResult {
    fileprivate var line: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer, positionName: "line")
        return writer.bytes + [0x0a]
    }
}

extension LineSplitter.Piece {
    /// The messages in it, in batches that are stored together.
    fileprivate func lines(_ reader: MessageReader) -> [MessageLines] {
        switch self {
        case .tooLong(let line): [MessageLines(tooLongLine: line)]
        case .lines(let bytes, let firstLine): [MessageLines(bytes, firstLine: firstLine, reader: reader)]
        }
    }
}
