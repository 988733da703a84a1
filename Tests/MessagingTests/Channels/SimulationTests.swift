import Testing

@testable import Messaging

@Suite("Addresses that stand for an outcome")
struct SimulationTests {
    @Test("are known by email, by number and by word, however they are written", arguments: Simulation.allCases)
    func addresses(_ simulation: Simulation) {
        let word = simulation.rawValue
        for address in [
            "\(word)@simulate.example", "\(word.uppercased())@Simulate.Example", "simulate:\(word)", simulation.phone,
        ] {
            #expect(Simulation(address: address) == simulation)
        }
        let spaced = simulation.phone.prefix(2) + " (500) 555-" + simulation.phone.suffix(4)
        #expect(Simulation(address: String(spaced)) == simulation)
    }

    @Test(
        "all others are accepted",
        arguments: ["ada@example.com", "retry@example.com", "+15005550000", "+15005550011", "simulate:", ""]
    )
    func others(address: String) {
        #expect(Simulation(address: address) == nil)
    }

    @Test("fail as they say, and 'retry-once' once")
    func outcomes() {
        #expect(Simulation.accepted.outcome(attempts: 0) == nil)
        #expect(Simulation.retryOnce.outcome(attempts: 0) != nil)
        #expect(Simulation.retryOnce.outcome(attempts: 1) == nil)
        #expect(Simulation.rejected.outcome(attempts: 3)?.word == "rejected")
        #expect(Simulation.uncertain.outcome(attempts: 0)?.word == "uncertain")
    }
}
