import Curl
import HTTPTypes
import Hummingbird
import JSON
import Messaging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The parts of pages that change, sent again when they have (server-sent events,
/// <https://html.spec.whatwg.org/multipage/server-sent-events.html>).
struct LiveRoutes {
    let backend: Backend
    let page: Page
    let gatekeeper: Gatekeeper
    let streams = LiveStreams()

    var routes: [Route] {
        [
            Route(.get, "/live/overview", .session([.read])) { request, context in
                try stream(.overviewLive, request, context) { try await FrontRoutes.overview(page, backend) }
            },
            Route(.get, "/live/messages", .session([.read])) { request, context in
                let list = MessageListPage(query: request.uri.query ?? "")
                return try stream(.messagesLive, request, context) { try await list.value(backend) }
            },
            Route(.get, "/live/messages/{id}", .session([.read])) { request, context in
                let id = try context.number("message")
                return try stream(.messageLive, request, context) { try await MessagePage(id, backend)?.live }
            },
        ]
    }

    private func stream(
        _ name: PageTemplates.Name,
        _ request: Request,
        _ context: ServerContext,
        _ value: @escaping @Sendable () async throws -> PageValue?
    ) throws -> Response {
        let place = try streams.enter()
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(place) {} }
            var shown: [UInt8] = []
            var silence = 0
            while !Task.isCancelled, !Task.isShuttingDownGracefully, context.channel.isActive {
                let start = MonotonicClock.now()
                // A token that was revoked looks no longer.
                guard (try? await gatekeeper.admit(request, context, .session([.read]))) != nil,
                    let own = try await value()
                else { break }
                let all = try await page.value("", nil, request, context, own)
                let html = try page.templates.render(name, all)
                if html != shown {
                    shown = html
                    silence = 0
                    try await writer.write(ByteBuffer(bytes: LiveRoutes.event(html)))
                } else {
                    silence += 1
                    if silence % 10 == 0 { try await writer.write(ByteBuffer(string: ": all the same\n\n")) }
                }
                // A look that takes long is not taken often.
                let pause = Duration.nanoseconds(max(1_000_000_000, Int64(MonotonicClock.now() - start) * 9))
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close"],
            body: body
        )
    }

    private static func event(_ html: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.string(utf8: html)
        return Array("event: page\ndata: ".utf8) + writer.bytes + [0x0a, 0x0a]
    }
}

/// How many look at once.
final class LiveStreams: Sendable {
    private let count = Atomic<Int>(0)

    static let most = 64

    /// Given back when it goes, whether or not the stream ever began.
    final class Place: Sendable {
        private let streams: LiveStreams

        init(in streams: LiveStreams) {
            self.streams = streams
        }

        deinit { streams.count.subtract(1, ordering: .relaxed) }
    }

    func enter() throws -> Place {
        guard count.add(1, ordering: .relaxed).newValue <= LiveStreams.most else {
            count.subtract(1, ordering: .relaxed)
            throw Problem.later(.serviceUnavailable, seconds: 30, "\(LiveStreams.most) pages are updated live already")
        }
        return Place(in: self)
    }
}
