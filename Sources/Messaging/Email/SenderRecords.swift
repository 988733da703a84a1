/// What the DNS says of who may send for a domain: SPF (RFC 7208) and DMARC (RFC 9989).
public struct SenderRecords: Sendable {
    /// The texts of a name; none where the name has none.
    public typealias Resolver = @Sendable (String) async throws -> [String]

    private let find: Resolver

    public init(_ find: @escaping Resolver) {
        self.find = find
    }

    /// What mailbox providers will not believe of a brand's mail as the DNS stands.
    ///
    /// - Parameters:
    ///   - from: the domain of `from`.
    ///   - returnPath: that of the return path, which SPF is about.
    ///   - signing: those that sign here; none where the relay signs.
    public func problems(from: String, returnPath: String, signing: [String]) async throws -> [String] {
        guard !SenderRecords.isReserved(from) else { return [] }
        var problems: [String] = []
        let spf = SenderRecords.spf(try await find(returnPath))
        if let fault = spf.fault { problems.append("spf: \(returnPath): \(fault)") }
        let policy = try await dmarc(from)
        guard let policy else {
            problems.append(
                "dmarc: _dmarc.\(from): no record, nor above it: add \"v=DMARC1; p=none\" (EM-13, BS-03)"
            )
            return problems
        }
        if let fault = policy.fault { problems.append("dmarc: \(policy.name): \(fault)") }
        // Without keys here the relay may sign: that shows in no record.
        let aligned = try await ([returnPath] + signing).asyncContains { try await isAligned($0, with: from) }
        if !aligned, !signing.isEmpty || !spf.isThere {
            problems.append("dmarc: neither the return path (\(returnPath)) nor a signature belongs to \(from) (EM-13)")
        }
        return problems
    }

    // MARK: - SPF

    /// A domain has one record; none is a fault as well.
    static func spf(_ texts: [String]) -> (isThere: Bool, fault: String?) {
        let records = texts.filter { $0.lowercased() == "v=spf1" || $0.lowercased().hasPrefix("v=spf1 ") }
        guard let record = records.first else {
            return (false, "no record says who may send for it: add \"v=spf1 ... -all\" (BS-02)")
        }
        guard records.count == 1 else { return (true, "it has \(records.count) records, and none of them counts") }
        let terms = record.lowercased().split(separator: " ").dropFirst()
        if terms.contains("+all") || terms.contains("all") { return (true, "it lets everybody send: end it with -all") }
        return (true, nil)
    }

    // MARK: - DMARC

    /// The policy of a domain, or of the next one above it that has any (the tree walk of RFC 9989, 4.10).
    private func dmarc(_ domain: String) async throws -> (name: String, fault: String?)? {
        for parent in SenderRecords.walk(domain) {
            let name = "_dmarc.\(parent)"
            let records = try await find(name).filter { $0.hasPrefix("v=DMARC1") }
            guard !records.isEmpty else { continue }
            guard records.count == 1 else { return (name, "it has \(records.count) records, and none of them counts") }
            let tags = SenderRecords.tags(records[0])
            guard ["none", "quarantine", "reject"].contains(tags["p"] ?? "none") else {
                return (name, "its policy is '\(tags["p"] ?? "")': write p=none, p=quarantine or p=reject")
            }
            return (name, nil)
        }
        return nil
    }

    /// The domain and those above it, but for the last label; of a long one the shorter ones only.
    static func walk(_ domain: String) -> [String] {
        let labels = domain.lowercased().split(separator: ".")
        guard labels.count > 1 else { return [] }
        let most = 8
        let first = labels.joined(separator: ".")
        let rest = (1..<max(1, labels.count - 1)).map { labels[$0...].joined(separator: ".") }
            .filter { $0.split(separator: ".").count < most }
        return [first] + rest
    }

    static func tags(_ record: String) -> [String: String] {
        var tags: [String: String] = [:]
        for part in record.split(separator: ";") {
            let halves = part.split(separator: "=", maxSplits: 1)
            guard halves.count == 2 else { continue }
            tags[halves[0].filter { !$0.isWhitespace }.lowercased()] = halves[1].filter { !$0.isWhitespace }
                .lowercased()
        }
        return tags
    }

    /// Whether both belong to one organisation: the highest domain above each that has a record of its own.
    private func isAligned(_ domain: String, with from: String) async throws -> Bool {
        if domain.lowercased() == from.lowercased() { return true }
        return try await organisation(domain) == organisation(from)
    }

    private func organisation(_ domain: String) async throws -> String {
        var highest = domain.lowercased()
        for parent in SenderRecords.walk(domain)
        where try await find("_dmarc.\(parent)").contains(where: { $0.hasPrefix("v=DMARC1") }) {
            highest = parent
        }
        return highest
    }

    /// Set aside for examples and tests (RFC 2606): the DNS says nothing of them.
    static func isReserved(_ domain: String) -> Bool {
        let labels = domain.lowercased().split(separator: ".")
        if ["example", "test", "invalid", "localhost"].contains(labels.last ?? "") { return true }
        return labels.count >= 2 && labels[labels.count - 2] == "example"
            && ["com", "net", "org"].contains(labels.last ?? "")
    }
}

extension Sequence {
    fileprivate func asyncContains(_ body: (Element) async throws -> Bool) async throws -> Bool {
        for element in self where try await body(element) { return true }
        return false
    }
}
