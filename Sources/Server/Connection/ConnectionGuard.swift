import Curl
import HTTPTypes
import Messaging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// The client did not send the body of its request in time.
struct ClientTooSlow: Error {}

/// Stands in each connection between the HTTP decoder and the routes: ends what takes too long, answers what is no HTTP,
/// greets bodies that wait for a word, and lets a last answer be read before the connection ends.
///
/// Used on its event loop only.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var patience: ClientPatience
    private var ticks: RepeatedTask?
    /// Requests whose answer has not gone.
    private var unanswered = 0
    private var isLastAnswer = false
    private var isToldTooSlow = false

    init(settings: HTTPSettings) {
        patience = ClientPatience(
            headTimeout: UInt64(settings.headerTimeout.milliseconds) * 1_000_000,
            bodyTimeout: UInt64(settings.bodyTimeout.milliseconds) * 1_000_000,
            idleTimeout: UInt64(settings.idleTimeout.milliseconds) * 1_000_000,
            now: MonotonicClock.now()
        )
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) {
            _ in
            bound.value.handler.tick(bound.value.context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ticks?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ticks?.cancel()
        context.fireChannelInactive()
    }

    private func tick(_ context: ChannelHandlerContext) {
        switch patience.verdict(now: MonotonicClock.now()) {
        case .fine: break
        case .idle, .slowReader: context.close(promise: nil)
        case .slowHead: refuse(.requestTimeout, "the head of the request did not come in time", context)
        case .slowBody:
            // The request's reader is told once, and answers; a reader that does not is not waited for.
            guard !isToldTooSlow else { return }
            isToldTooSlow = true
            patience.bodyGivenUp(now: MonotonicClock.now())
            context.fireErrorCaught(ClientTooSlow())
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            unanswered += 1
            patience.headCame()
            if head.headerFields[.expect]?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(.init(status: .continue))), promise: nil)
            }
        case .body(let bytes): patience.bodyCame(bytes.readableBytes, now: MonotonicClock.now())
        case .end: patience.requestEnded()
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        patience.reads(now: MonotonicClock.now())
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { patience.hurry(now: MonotonicClock.now()) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        patience.readability(isWritable: context.channel.isWritable, now: MonotonicClock.now())
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            isLastAnswer = isLastAnswer || head.headerFields[.connection]?.lowercased() == "close"
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            unanswered -= 1
            patience.answered(isLast: isLastAnswer, isNextHere: unanswered > 0, now: MonotonicClock.now())
            guard isLastAnswer else { return context.write(data, promise: promise) }
            context.writeAndFlush(data, promise: promise)
            context.close(mode: .output, promise: nil)
        }
    }

    /// What is no HTTP is answered here while no request is in hand; else the request's own reader is told.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, unanswered == 0, !isLastAnswer else {
            return context.fireErrorCaught(error)
        }
        switch error {
        case .invalidEOFState, .closedConnection: context.fireErrorCaught(error)
        case .headerOverflow:
            refuse(.requestHeaderFieldsTooLarge, "the head of the request has more than 16 KiB, or 100 fields", context)
        default: refuse(.badRequest, "this is no HTTP request: \(error)", context)
        }
    }

    private func refuse(_ status: HTTPResponse.Status, _ detail: String, _ context: ChannelHandlerContext) {
        guard !isLastAnswer else { return context.close(promise: nil) }
        isLastAnswer = true
        let body = Problem(status, detail).body(requestID: "")
        let head = HTTPResponse(
            status: status,
            headerFields: [
                .contentType: Problem.contentType, .contentLength: "\(body.count)", .connection: "close",
            ]
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        patience.answered(isLast: true, now: MonotonicClock.now())
        context.close(mode: .output, promise: nil)
    }
}
