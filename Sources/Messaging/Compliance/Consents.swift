public import JSON
public import Storage

/// On what ground somebody is written to.
public struct Consent: Sendable, Equatable {
    public var addressKey: String
    public var address: String
    public var channel: Channel
    /// `nil` for every brand.
    public var brand: String?
    /// Such as `written` or `given_to_creditor`.
    public var basis: String
    /// What they agreed to, in the words that they were shown.
    public var wording: String?
    /// How it reached us, such as `form` or `contract`.
    public var source: String
    /// Where the proof is, such as an address of a page or a file.
    public var proof: String?
    public var at: Int64
    public var withdrawnAt: Int64?

    public init(
        addressKey: String,
        address: String,
        channel: Channel,
        brand: String? = nil,
        basis: String,
        wording: String? = nil,
        source: String,
        proof: String? = nil,
        at: Int64,
        withdrawnAt: Int64? = nil
    ) {
        self.addressKey = addressKey
        self.address = address
        self.channel = channel
        self.brand = brand
        self.basis = basis
        self.wording = wording
        self.source = source
        self.proof = proof
        self.at = at
        self.withdrawnAt = withdrawnAt
    }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("address", address)
        writer.member("channel", channel.rawValue)
        if let brand { writer.member("brand", brand) }
        writer.member("basis", basis)
        if let wording { writer.member("wording", wording) }
        writer.member("source", source)
        if let proof { writer.member("proof", proof) }
        writer.member("at", Timestamp.text(at))
        if let withdrawnAt { writer.member("withdrawn_at", Timestamp.text(withdrawnAt)) }
        writer.endObject()
    }
}

/// The table of consents.
public struct Consents: Sendable {
    let database: any Database

    public init(_ database: any Database) {
        self.database = database
    }

    private static let give = Statement(
        """
        INSERT INTO consent (address_key, channel, brand, address, basis, wording, source, proof, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (address_key, channel, brand) DO UPDATE SET address = excluded.address, basis = excluded.basis,
            wording = excluded.wording, source = excluded.source, proof = excluded.proof, at = excluded.at, withdrawn_at = NULL
        """
    )
    private static let withdraw = Statement(
        """
        UPDATE consent SET withdrawn_at = $4
        WHERE address_key = $1 AND channel = $2 AND ($3 = '' OR brand = $3) AND withdrawn_at IS NULL
        """
    )
    private static let ofKey = Statement(
        """
        SELECT address_key, address, channel, brand, basis, wording, source, proof, at, withdrawn_at FROM consent
        WHERE address_key = $1 ORDER BY id
        """
    )

    static let statements = [give, withdraw, ofKey]

    static func of(_ key: String, _ connection: any Connection) throws -> [Consent] {
        try connection.all(ofKey, [.text(key)]) { row in
            let brand = row.text(3)
            return Consent(
                addressKey: row.text(0),
                address: row.text(1),
                channel: Channel(rawValue: row.text(2)) ?? .sms,
                brand: brand.isEmpty ? nil : brand,
                basis: row.text(4),
                wording: row.optionalText(5),
                source: row.text(6),
                proof: row.optionalText(7),
                at: row.integer(8),
                withdrawnAt: row.optionalInteger(9)
            )
        }
    }

    private static func evidence(_ consent: Consent) -> Evidence.Entry {
        let body = Array(JSONWriter.text { consent.write(to: &$0) }.utf8)
        return .init(kind: .consent, message: nil, addressKey: consent.addressKey, body: body)
    }

    /// Keeps it durably. It lifts no opt-out: that is taken back by itself, by an express act.
    public func give(_ consent: Consent, by: String) async throws {
        try await database.write(.power) { transaction in
            try transaction.execute(
                Consents.give,
                [
                    .text(consent.addressKey), .text(consent.channel.rawValue), .text(consent.brand ?? ""),
                    .text(consent.address), .text(consent.basis), .optional(consent.wording), .text(consent.source),
                    .optional(consent.proof), .integer(consent.at),
                ]
            )
            try Evidence.append([Consents.evidence(consent)], transaction)
            let detail = "\(consent.channel.rawValue), \(consent.basis) (\(consent.source))"
            try AuditEntry.write(.consentGiven, consent.address, detail, by: by, transaction)
        }
    }

    /// - Parameter brand: `nil`: what was given for all brands, and for each.
    /// - Returns: whether any stood.
    public func withdraw(_ key: String, _ channel: Channel, brand: String?, by: String) async throws -> Bool {
        try await database.write(.power) { transaction in
            let values: [SQLValue] = [
                .text(key), .text(channel.rawValue), .text(brand ?? ""), .integer(transaction.now),
            ]
            guard try transaction.execute(Consents.withdraw, values) > 0 else { return false }
            let ended = try Consents.of(key, transaction).filter {
                $0.channel == channel && $0.withdrawnAt == transaction.now
            }
            try Evidence.append(ended.map(Consents.evidence), transaction)
            let detail = channel.rawValue + (brand.map { ", \($0)" } ?? "")
            try AuditEntry.write(.consentWithdrawn, key, detail, by: by, transaction)
            return true
        }
    }
}
