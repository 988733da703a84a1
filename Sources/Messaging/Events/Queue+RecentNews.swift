import JSON
import Storage

extension Queue {
    /// What subscribers would have been told of lately, as they would have been told, newest first. Of opt-outs those are
    /// meant that still stand.
    public func recentNews(_ type: NewsType?, limit: Int) async throws -> [[UInt8]] {
        try await database.read { connection in
            var news: [(at: Int64, bytes: [UInt8])] = []
            let wantsMessages = type?.rawValue.hasPrefix("message.") ?? true
            let messages = wantsMessages ? try Queue.newest(max(limit * 4, 100), connection) : []
            for message in messages {
                for event in try Event.list(message.id, connection) {
                    guard let kind = NewsType(event.kind), type == nil || kind == type else { continue }
                    let data = JSONWriter.text { message.write(news: event.transport, event.detail, to: &$0) }
                    news.append((event.at, NewsBody(type: kind.rawValue, at: event.at, data: Array(data.utf8)).bytes))
                }
            }
            if type == nil || type == .optedOut {
                for optOut in try OptOuts.newest(limit, connection) {
                    let data = JSONWriter.text { optOut.write(to: &$0) }
                    let body = NewsBody(type: NewsType.optedOut.rawValue, at: optOut.at, data: Array(data.utf8))
                    news.append((optOut.at, body.bytes))
                }
            }
            return news.sorted { $0.at > $1.at }.prefix(limit).map(\.bytes)
        }
    }
}
