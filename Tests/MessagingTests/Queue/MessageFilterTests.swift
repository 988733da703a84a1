import Storage
import Testing

@testable import Messaging

@Suite("Lists of messages")
struct MessageFilterTests {
    private func stocked() async throws -> QueueFixture {
        let fixture = try await QueueFixture()
        var messages: [NewMessage] = []
        for index in 0..<12 {
            var message = QueueFixture.message(
                to: "p\(index % 4)@\(index % 2 == 0 ? "even" : "odd").example",
                channel: index % 3 == 0 ? .sms : .email,
                brand: index % 4 == 0 ? "acme" : "example"
            )
            message.template = index < 6 ? "invoice-issued" : ""
            message.customer = index % 5 == 0 ? "C-5" : nil
            message.conversation = index % 6 == 0 ? "INV-1" : nil
            messages.append(message)
        }
        _ = try await fixture.queue.enqueue(messages)
        _ = try await fixture.queue.perform(.cancel, on: [2, 3], by: "test")
        _ = try await fixture.queue.perform(.hold, on: [4], by: "test")
        return fixture
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let ids: [Int64]
        let filter: MessageFilter

        init(_ name: String, _ ids: [Int64], _ change: (inout MessageFilter) -> Void) {
            testDescription = name
            self.ids = ids
            var filter = MessageFilter()
            change(&filter)
            self.filter = filter
        }
    }

    static let cases = [
        Case("everything", Array((1...12).reversed())) { _ in },
        Case("state", [3, 2]) { $0.state = .cancelled },
        Case("channel", [10, 7, 4, 1]) { $0.channel = .sms },
        Case("brand", [9, 5, 1]) { $0.brand = "acme" },
        Case("template", [6, 5, 4, 3, 2, 1]) { $0.template = "invoice-issued" },
        Case("customer", [11, 6, 1]) { $0.customer = "C-5" },
        Case("address", [12, 8, 4]) { $0.addressKey = "p3@odd.example" },
        Case("domain", [11, 9, 7, 5, 3, 1]) { $0.domain = "even.example" },
        Case("reason", [3, 2]) { $0.reason = "cancelled by test" },
        Case("conversation", [7, 1]) { $0.conversation = "INV-1" },
        Case("conversation and customer", [1]) {
            $0.conversation = "INV-1"
            $0.customer = "C-5"
        },
        Case("customer and address", [11]) {
            $0.customer = "C-5"
            $0.addressKey = "p2@even.example"
        },
        Case("accepted before", []) { $0.acceptedBefore = 1000 },
        Case("several at once", [1]) {
            $0.channel = .sms
            $0.brand = "acme"
            $0.state = .waiting
        },
        Case("nothing that is there", []) { $0.brand = "' OR 1 = 1 --" },
    ]

    @Test("hold what the filter says, newest first, and count as much", arguments: cases)
    func filters(_ given: Case) async throws {
        let queue = try await stocked().queue
        #expect(try await queue.list(given.filter, limit: 100).map(\.id) == given.ids)
        #expect(try await queue.ids(given.filter, limit: 100) == given.ids)
        #expect(try await queue.count(given.filter) == Int64(given.ids.count))
        #expect(given.filter.isEmpty == (given.ids.count == 12))
    }

    @Test("go on where the last page ended")
    func pages() async throws {
        let queue = try await stocked().queue
        var before = Int64.max
        var pages: [[Int64]] = []
        while true {
            let page = try await queue.ids(MessageFilter(), before: before, limit: 5)
            guard let last = page.last else { break }
            pages.append(page)
            before = last
        }
        #expect(pages == [[12, 11, 10, 9, 8], [7, 6, 5, 4, 3], [2, 1]])
    }

    @Test("an action on all that a filter means is done to those that may take it", arguments: MessageAction.allCases)
    func performsOnAll(_ action: MessageAction) async throws {
        let fixture = try await stocked()
        let expected = try await fixture.queue.list(MessageFilter(), limit: 100)
            .filter { action.from.contains($0.state) && $0.template == "invoice-issued" }.map(\.id)
        var filter = MessageFilter()
        filter.template = "invoice-issued"
        #expect(try await fixture.queue.count(action, onAll: filter) == Int64(expected.count))
        let done = try await fixture.queue.perform(action, onAll: filter, by: "Ada")
        #expect(done.sorted() == expected.sorted())
        #expect(try await fixture.queue.count(action, onAll: filter) == 0)
    }

    @Test("an action is done to those that may take it, and told of in their story", arguments: MessageAction.allCases)
    func performs(_ action: MessageAction) async throws {
        let fixture = try await stocked()
        let before = try await fixture.queue.list(MessageFilter(), limit: 100)
        let expected = before.filter { action.from.contains($0.state) }.map(\.id)
        let done = try await fixture.queue.perform(action, on: before.map(\.id) + [99], by: "Ada")
        #expect(done == expected)
        for id in done {
            let last = try #require(try await fixture.queue.events(of: id).last)
            #expect(last.kind == action.event)
            #expect(last.detail == "by Ada")
        }
    }
}
