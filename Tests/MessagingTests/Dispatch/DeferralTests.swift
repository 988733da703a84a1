import Foundation
import Storage
import TestSupport
import Testing

@testable import Messaging

@Suite("A message that a rule lets go later")
struct DeferralTests {
    private static func policies(_ change: (inout ComplianceSettings) -> Void) -> CompliancePolicies {
        var brand = BrandSettings.sample
        var settings = ComplianceSettings()
        change(&settings)
        brand.compliance = settings
        return CompliancePolicies(all: CompliancePolicy(brand))
    }

    private static func hours(_ from: String, _ to: String) throws -> SendHoursSettings {
        try JSONDecoding.decode(#"{"from": "\#(from)", "to": "\#(to)"}"#)
    }

    private static func cap(_ json: String) throws -> FrequencySettings { try JSONDecoding.decode(json) }

    @Test("waits until the hour has come, has lost nothing, and leaves then")
    func hours() async throws {
        var fixture = try await DispatcherFixture()
        // The clock stands at 8 o'clock.
        fixture.policies = Self.policies { $0.sendHours = try? Self.hours("09:00", "17:00") }
        let ids = try await fixture.enqueue(20)
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures == [])
        #expect(try await fixture.states() == [.waiting: 20])
        let opens = fixture.clock.now + 3_600_000
        for id in ids {
            let message = try #require(try await fixture.message(id))
            #expect(message.attempts == 0 && (opens..<opens + Gate.spread).contains(message.due))
            #expect(try await fixture.events(id) == [.deferred])
        }
        fixture.clock.now = opens + Gate.spread
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id).sorted() == ids)
        #expect(try await fixture.events(ids[0]) == [.deferred, .sent])
    }

    @Test("a retry whose time falls into the night waits for the morning")
    func retry() async throws {
        var fixture = try await DispatcherFixture()
        fixture.policies = Self.policies { $0.sendHours = try? Self.hours("06:00", "09:00") }
        fixture.retry.first = TimeSpan(milliseconds: 2 * 3_600_000)
        let ids = try await fixture.enqueue(1)
        let transport = MemoryTransport { _, times in
            times == 0
                ? .report(.outcome(.retry(.temporary, "450 later")), .working)
                : .report(.outcome(.accepted("250 ok")), .working)
        }
        try await fixture.drain(transport)
        fixture.clock.now += 3 * 3_600_000
        try await fixture.drain(transport)
        #expect(try await fixture.events(ids[0]) == [.retry, .deferred])
        #expect(transport.departures.count == 1)
        fixture.clock.now += 24 * 3_600_000 - 3 * 3_600_000
        try await fixture.drain(transport)
        #expect(try await fixture.events(ids[0]) == [.retry, .deferred, .sent])
    }

    @Test("of several to one person no more leave than a cap allows, even when all are claimed at once")
    func caps() async throws {
        var fixture = try await DispatcherFixture()
        fixture.policies = Self.policies {
            $0.frequency = [try? Self.cap(#"{"most": 2, "within": "24h"}"#)].compactMap(\.self)
        }
        let ids = try await fixture.enqueue((0..<5).map { _ in QueueFixture.message(to: "ada@example.com") })
        let other = try await fixture.enqueue([QueueFixture.message(to: "eve@example.com")])
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(Set(transport.departures.map(\.id)) == Set([ids[0], ids[1]] + other))
        #expect(try await fixture.states() == [.sent: 3, .waiting: 3])
        fixture.clock.now += 24 * 3_600_000
        try await fixture.drain(transport)
        #expect(try await fixture.states() == [.sent: 5, .waiting: 1])
    }

    @Test("what a limit had parked is deferred all the same, wakes nobody before its time, and leaves then")
    func parked() async throws {
        var fixture = try await DispatcherFixture()
        fixture.policies = Self.policies { $0.sendHours = try? Self.hours("06:00", "09:00") }
        fixture.limits = [
            try JSONDecoding.decode(#"{"each": "domain", "domains": ["example.com"], "rate": "1/s", "burst": 1}"#)
        ]
        let ids = try await fixture.enqueue(30)
        let transport = MemoryTransport()
        let dispatcher = try fixture.dispatcher([transport], untilEmpty: false)
        try await fixture.whileWorking(dispatcher) {
            await transport.wait { $0.departed.count >= 1 }
            // It becomes 9 o'clock while most are parked.
            fixture.clock.now += 3_600_000
            try await fixture.eventually { report in report.parkedByChannel.values.reduce(0, +) == 0 }
        }
        let sent = transport.departures.count
        #expect(sent < ids.count)
        try await fixture.drain(transport)
        #expect(transport.departures.count == sent, "an empty run ends, and sends nothing at night")
        fixture.clock.now += 23 * 3_600_000
        fixture.limits = []
        try await fixture.drain(transport)
        #expect(Set(transport.departures.map(\.id)) == Set(ids))
    }

    @Test("a cap counts what went to the person's other addresses")
    func person() async throws {
        var fixture = try await DispatcherFixture()
        fixture.policies = Self.policies {
            $0.frequency = [try? Self.cap(#"{"most": 1, "within": "24h"}"#)].compactMap(\.self)
        }
        _ = try await People(fixture.queued.database).merge(["ada@example.com", "ada@example.net"], by: "ada")
        let ids = try await fixture.enqueue([
            QueueFixture.message(to: "ada@example.com"), QueueFixture.message(to: "ada@example.net"),
        ])
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[0]])
        #expect(try await fixture.events(ids[1]) == [.deferred])
    }

    @Test("one that the gate has stopped counts as nothing that was sent")
    func stopped() async throws {
        var fixture = try await DispatcherFixture()
        fixture.policies = Self.policies {
            $0.frequency = [try? Self.cap(#"{"most": 1, "within": "24h"}"#)].compactMap(\.self)
        }
        let no = OptOuts.Entry(
            addressKey: "ada@example.com",
            address: "ada@example.com",
            scope: .init(category: "commercial"),
            source: "cli"
        )
        _ = try await fixture.queued.optOuts.add([no], by: "ada")
        let ids = try await fixture.enqueue([
            QueueFixture.message(to: "ada@example.com", category: "commercial"),
            QueueFixture.message(to: "ada@example.com"),
        ])
        let transport = MemoryTransport()
        try await fixture.drain(transport)
        #expect(transport.departures.map(\.id) == [ids[1]])
    }

    @Test("one slot that is left goes to one of two workers")
    func oneSlot() async throws {
        let fixture = try await QueueFixture()
        let policies = Self.policies {
            $0.frequency = [try? Self.cap(#"{"most": 1, "within": "24h"}"#)].compactMap(\.self)
        }
        let queue = Queue(fixture.database, reservedBytes: 0, policies: policies)
        for round in 0..<20 {
            _ = try await queue.enqueue((0..<2).map { _ in QueueFixture.message(to: "p\(round)@example.com") })
            let request = ClaimRequest(share: Share(channel: .email, brand: "example"), limit: 1)
            async let first = queue.turn(.init(claims: [request]), node: 1)
            async let second = queue.turn(.init(claims: [request]), node: 2)
            let handOffs = try await first.handOffs + second.handOffs
            #expect(handOffs.count == 1, "round \(round)")
            for handOff in handOffs { try await fixture.settle(handOff, .accepted("ok")) }
        }
        let status = try await queue.status(now: fixture.clock.now)
        #expect(status.messages[.sent] == 20 && status.messages[.waiting] == 20)
    }

    @Test("the time in which it may leave also bounds what its provider may do with it")
    func validity() async throws {
        var fixture = try await DispatcherFixture()
        fixture.policies = Self.policies { $0.sendHours = try? Self.hours("06:00", "09:00") }
        _ = try await fixture.enqueue(1)
        let closes = fixture.clock.now + 3_600_000
        let transport = MemoryTransport { delivery, _ in
            delivery.handOff.latest == closes
                ? .report(.outcome(.accepted("250 ok")), .working)
                : .report(.outcome(.rejected(.permanent, "\(String(describing: delivery.handOff.latest))")), .working)
        }
        try await fixture.drain(transport)
        #expect(try await fixture.states() == [.sent: 1])
    }
}

/// Settings as the configuration's reader gives them.
enum JSONDecoding {
    static func decode<Value: Decodable>(_ json: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(json.utf8))
    }
}
