import Hummingbird
import Logging
import NIOCore

/// What is known of a request beside its own words.
struct ServerContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?
    /// Ends when the client is gone.
    let channel: any Channel
    /// Stands in the log and in the answer; the caller's own where it sends one.
    var requestID = ""
    var caller = Caller.nobody

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        remoteAddress = source.channel.remoteAddress
    }

    /// The number of a path such as `/v1/messages/{id}`.
    func number(_ what: String) throws -> Int64 {
        guard let text = parameters.get("id"), let id = Int64(text), id > 0 else { throw Problem.notFound(what) }
        return id
    }
}
