import Storage

/// What the rules look at, and the proof of what they decided.
extension Schema {
    /// The time zones in which the recipient may be, with commas between; NULL where none is known.
    static let addZones = Statement("ALTER TABLE message ADD COLUMN zones TEXT")

    /// On what ground somebody is written to; an empty brand means every one.
    static let consent = Statement {
        """
        CREATE TABLE consent (
            id \($0.identity),
            address_key TEXT NOT NULL,
            channel TEXT NOT NULL,
            brand TEXT NOT NULL,
            address TEXT NOT NULL,
            basis TEXT NOT NULL,
            wording TEXT,
            source TEXT NOT NULL,
            proof TEXT,
            at BIGINT NOT NULL,
            withdrawn_at BIGINT,
            UNIQUE (address_key, channel, brand)
        )
        """
    }

    /// Addresses that are one person's: what one says no to, all do.
    static let person = Statement(
        """
        CREATE TABLE person (
            address_key TEXT PRIMARY KEY,
            person TEXT NOT NULL
        )
        """
    )
    static let personAddress = Statement("CREATE INDEX person_address ON person (person)")

    /// What the rules decided, and how recipients took it, by day (from 1970, UTC) and brand.
    static let complianceCount = Statement(
        """
        CREATE TABLE compliance_count (
            day BIGINT NOT NULL,
            brand TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            count BIGINT NOT NULL,
            PRIMARY KEY (day, brand, kind, subject)
        )
        """
    )

    /// What was decided and done, and never altered: each row's `hash` is over its own digest and the hash before it, so that the
    /// words (`body`) of one may be erased and every change, gap or exchange of rows is seen.
    static let evidence = Statement {
        """
        CREATE TABLE evidence (
            chain BIGINT NOT NULL,
            number BIGINT NOT NULL,
            at BIGINT NOT NULL,
            kind TEXT NOT NULL,
            message BIGINT,
            address_key TEXT,
            body TEXT,
            digest \($0.bytes) NOT NULL,
            hash \($0.bytes) NOT NULL,
            PRIMARY KEY (chain, number)
        ) \($0.clustered)
        """
    }
    static let evidenceMessage = Statement(
        "CREATE INDEX evidence_message ON evidence (message) WHERE message IS NOT NULL"
    )
}
