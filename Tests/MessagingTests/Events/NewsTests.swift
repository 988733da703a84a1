import JSON
import Logging
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("News for subscribers")
struct NewsTests {
    private struct Fixture {
        let queued: QueueFixture
        let subscriptions: Subscriptions
        let relay: NewsRelay

        init() async throws {
            queued = try await QueueFixture()
            subscriptions = Subscriptions(queued.queue)
            relay = NewsRelay(queue: queued.queue, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        func subscribe(_ types: String..., to url: String = "https://example.com/hooks") async throws -> Subscription {
            try await subscriptions.add(url: url, types: types, description: nil, allowsPrivate: false, by: "ada")
        }

        /// The deliveries that stand, oldest first: their types.
        func deliveries(_ state: MessageState? = nil) async throws -> [String] {
            var filter = MessageFilter()
            filter.channel = .event
            filter.state = state
            return try await queued.queue.list(filter, limit: 100).reversed().map { message in
                try JSONValue.parse(message.document)["body"]?["type"]?.string ?? ""
            }
        }

        func claimEvents() async throws -> [HandOff] { try await queued.claim(.event, brand: "") }
    }

    @Test("is made of what happens, for those who want it, in the transaction in which it happens")
    func made() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.subscribe("message.cancelled")
        let all = try await fixture.subscribe("*")
        _ = try await fixture.queued.queue.enqueue([QueueFixture.message(key: "a"), QueueFixture.message(key: "b")])
        _ = try await fixture.queued.queue.perform(.hold, on: [1], by: "Ada")
        _ = try await fixture.queued.queue.perform(.cancel, on: [2], by: "Ada")
        #expect(try await fixture.queued.queue.status(now: 0).pendingNews == 3)
        #expect(try await fixture.relay.relay(now: fixture.queued.clock.now) == 3)
        #expect(try await fixture.queued.queue.status(now: 0).pendingNews == 0)
        #expect(try await fixture.deliveries() == ["message.held", "message.cancelled", "message.cancelled"])
        var filter = MessageFilter()
        filter.channel = .event
        filter.customer = Subscription.customer(all.id)
        let first = try #require(try await fixture.queued.queue.list(filter, limit: 10).last)
        let data = try #require(try JSONValue.parse(first.document)["body"]?["data"])
        #expect(data["message"]?["key"]?.string == "a")
        #expect(data["detail"]?.string == "by Ada")
        #expect(data["message"]?["document"] == nil, "the words of a message are nobody's news")
    }

    @Test("costs nothing while nobody subscribes, and deliveries make no news of their own")
    func silent() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.queued.queue.enqueue([QueueFixture.message()])
        _ = try await fixture.queued.queue.perform(.cancel, on: [1], by: "Ada")
        #expect(try await fixture.relay.relay(now: fixture.queued.clock.now) == 0)
        _ = try await fixture.subscribe("*")
        _ = try await fixture.queued.queue.enqueue([QueueFixture.message()])
        _ = try await fixture.queued.queue.perform(.cancel, on: [2], by: "Ada")
        _ = try await fixture.relay.relay(now: fixture.queued.clock.now)
        for handOff in try await fixture.claimEvents() { try await fixture.queued.settle(handOff, .accepted("200")) }
        #expect(try await fixture.queued.queue.status(now: 0).pendingNews == 0)
        #expect(try await fixture.deliveries(.sent) == ["message.cancelled"])
    }

    @Test("of one message comes in order: the next is sent when the one before has ended")
    func order() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.subscribe("*")
        _ = try await fixture.queued.queue.enqueue([QueueFixture.message(), QueueFixture.message()])
        for action in [MessageAction.hold, .approve, .cancel] {
            _ = try await fixture.queued.queue.perform(action, on: [1], by: "Ada")
        }
        _ = try await fixture.queued.queue.perform(.cancel, on: [2], by: "Ada")
        _ = try await fixture.relay.relay(now: fixture.queued.clock.now)
        #expect(try await fixture.deliveries() == ["message.held", "message.cancelled"])
        let held = try #require(try await fixture.claimEvents().first)
        try await fixture.queued.settle(held, .retry(.temporary, "500"))
        fixture.queued.clock.now += 1000
        _ = try await fixture.relay.relay(now: fixture.queued.clock.now)
        #expect(try await fixture.deliveries() == ["message.held", "message.cancelled"], "a retry is not the end")
        fixture.queued.clock.now += 3_600_000
        let again = try #require(try await fixture.claimEvents().first)
        #expect(again.id == held.id)
        try await fixture.queued.settle(again, .accepted("200"))
        _ = try await fixture.relay.relay(now: fixture.queued.clock.now)
        #expect(try await fixture.deliveries() == ["message.held", "message.cancelled", "message.approved"])
        fixture.queued.clock.now += 1000
        _ = try await fixture.relay.relay(now: fixture.queued.clock.now)
        #expect(try await fixture.deliveries().last == "message.approved", "the last one waits for its turn")
    }

    @Test("is held up by no message whose conversation a caller chose to look like it")
    func lookalike() async throws {
        let fixture = try await Fixture()
        let subscription = try await fixture.subscribe("*")
        var lookalike = QueueFixture.message(due: .max / 4)
        lookalike.conversation = "\(Subscription.customer(subscription.id))/message:2"
        _ = try await fixture.queued.queue.enqueue([lookalike, QueueFixture.message()])
        _ = try await fixture.queued.queue.perform(.cancel, on: [2], by: "Ada")
        _ = try await fixture.relay.relay(now: fixture.queued.clock.now)
        #expect(try await fixture.deliveries() == ["message.cancelled"])
    }

    @Test("tells of opt-outs, given and taken back, once each")
    func optOuts() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.subscribe("opt_out.added", "opt_out.removed")
        let entry = OptOuts.Entry(addressKey: "ada@example.com", address: "Ada@Example.com", source: "test")
        _ = try await fixture.queued.optOuts.add([entry], by: "ada")
        _ = try await fixture.queued.optOuts.add([entry], by: "ada")
        _ = try await fixture.queued.optOuts.remove(addressKey: "ada@example.com", scope: .init(), by: "ada")
        _ = try await fixture.queued.optOuts.remove(addressKey: "ada@example.com", scope: .init(), by: "ada")
        _ = try await fixture.relay.relay(now: fixture.queued.clock.now)
        #expect(try await fixture.deliveries() == ["opt_out.added", "opt_out.removed"])
    }

    @Test("for a subscriber who is gone is dropped")
    func unsubscribed() async throws {
        let fixture = try await Fixture()
        let subscription = try await fixture.subscribe("*")
        _ = try await fixture.queued.queue.enqueue([QueueFixture.message()])
        _ = try await fixture.queued.queue.perform(.cancel, on: [1], by: "Ada")
        #expect(try await fixture.subscriptions.remove(subscription.id, by: "ada"))
        _ = try await fixture.relay.relay(now: fixture.queued.clock.now)
        #expect(try await fixture.deliveries() == [])
        #expect(try await fixture.queued.queue.status(now: 0).pendingNews == 0)
        #expect(try await !fixture.subscriptions.remove(subscription.id, by: "ada"))
    }

    @Test(
        "is sent to no address within private networks, nor in the clear",
        arguments: [
            "http://example.com/x", "https://localhost/x", "https://127.0.0.1/x", "https://10.1.2.3/x",
            "https://[::1]/x",
            "https://169.254.169.254/latest/meta-data", "https://[::ffff:192.168.0.1]/", "https://user@example.com/",
            "ftp://example.com", "https://", "example.com", "https://exa mple.com/", "https://app.localhost",
        ]
    )
    func urls(url: String) async throws {
        let fixture = try await Fixture()
        await #expect(throws: Rejection.self) { try await fixture.subscribe("*", to: url) }
    }

    @Test("an unknown event, or none, is refused")
    func types() async throws {
        let fixture = try await Fixture()
        await #expect(throws: Rejection.self) { try await fixture.subscribe("message.opened") }
        let subscriptions = fixture.subscriptions
        await #expect(throws: Rejection("events", "name at least one, or * for all")) {
            try await subscriptions.add(
                url: "https://example.com",
                types: [],
                description: nil,
                allowsPrivate: false,
                by: "ada"
            )
        }
    }

    @Test("is signed as Standard Webhooks says, by the example of its specification")
    func signature() {
        #expect(
            WebhookSignature.sign(
                id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
                timestamp: 1_614_265_330,
                body: Array(#"{"test": 2432232314}"#.utf8),
                secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            ) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        )
    }
}
