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

    // MARK: - Migration 7

    /// Standing orders: what is to send nothing, or no faster than `rate`, from a time to a time. An empty lane, brand, domain,
    /// category or template means every one.
    static let standingOrder = Statement(
        """
        CREATE TABLE standing_order (
            channel TEXT NOT NULL,
            lane TEXT NOT NULL,
            brand TEXT NOT NULL,
            domain TEXT NOT NULL,
            category TEXT NOT NULL,
            template TEXT NOT NULL,
            rate TEXT,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            at BIGINT NOT NULL,
            begins BIGINT NOT NULL,
            ends BIGINT,
            PRIMARY KEY (channel, lane, brand, domain, category, template)
        )
        """
    )
    static let fillStandingOrder = Statement(
        """
        INSERT INTO standing_order (channel, lane, brand, domain, category, template, rate, reason, actor, at, begins, ends)
        SELECT channel, lane, brand, domain, '', '', rate, reason, actor, at, begins, ends FROM pause_order
        """
    )
    static let dropPauseOrder = Statement("DROP TABLE pause_order")

    /// Bulk runs of a template whose first messages are to show how they are taken: see ``Run``.
    static let run = Statement(
        """
        CREATE TABLE run (
            brand TEXT NOT NULL,
            template TEXT NOT NULL,
            state TEXT NOT NULL,
            began BIGINT NOT NULL,
            last BIGINT NOT NULL,
            taken BIGINT NOT NULL,
            most BIGINT NOT NULL,
            judged BIGINT NOT NULL,
            complained BIGINT NOT NULL,
            opted_out BIGINT NOT NULL,
            PRIMARY KEY (brand, template)
        )
        """
    )

    /// 1 for a no of this address alone, whoever's it is.
    static let addAlone = Statement("ALTER TABLE opt_out ADD COLUMN alone BIGINT NOT NULL DEFAULT 0")

    /// What is known of an address: whose it is, in which language and zones they live (with commas between). Addresses of one person
    /// have the same `person`, and what one says no to, all do; NULL where no other is known.
    static let addressee = Statement {
        """
        CREATE TABLE addressee (
            address_key TEXT PRIMARY KEY,
            person TEXT,
            kind TEXT,
            language TEXT,
            zones TEXT
        ) \($0.clustered)
        """
    }
    static let fillAddressee = Statement(
        "INSERT INTO addressee (address_key, person) SELECT address_key, person FROM person"
    )
    static let addresseePerson = Statement(
        "CREATE INDEX addressee_person ON addressee (person) WHERE person IS NOT NULL"
    )
    static let dropPerson = Statement("DROP TABLE person")

    /// What keeps a person from being written to beside an opt-out; an empty brand means every one.
    static let personStop = Statement(
        """
        CREATE TABLE person_stop (
            address_key TEXT NOT NULL,
            kind TEXT NOT NULL,
            brand TEXT NOT NULL,
            note TEXT,
            actor TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (address_key, kind, brand)
        )
        """
    )

    /// The last text that told somebody how to stop.
    static let stopTold = Statement(
        """
        CREATE TABLE stop_told (
            address_key TEXT NOT NULL,
            brand TEXT NOT NULL,
            at BIGINT NOT NULL,
            message BIGINT NOT NULL,
            PRIMARY KEY (address_key, brand)
        )
        """
    )

    /// What is left of forgotten messages for the rules that count: no words, and of the address and the conversation keyed
    /// hashes.
    static let contact = Statement(
        """
        CREATE TABLE contact (
            address_hash TEXT NOT NULL,
            channel TEXT NOT NULL,
            brand TEXT NOT NULL,
            at BIGINT NOT NULL,
            conversation TEXT,
            spoken BIGINT NOT NULL
        )
        """
    )
    static let contactAddress = Statement("CREATE INDEX contact_address ON contact (address_hash, at)")

    /// What mailbox providers say of a brand's mail on a day (from 1970, UTC): millionths called spam.
    static let reputation = Statement(
        """
        CREATE TABLE reputation (
            day BIGINT NOT NULL,
            brand TEXT NOT NULL,
            provider TEXT NOT NULL,
            spam BIGINT NOT NULL,
            actor TEXT NOT NULL,
            PRIMARY KEY (day, brand, provider)
        )
        """
    )

    /// Whose evidence and messages nothing may erase.
    static let legalHold = Statement(
        """
        CREATE TABLE legal_hold (
            address_key TEXT PRIMARY KEY,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            at BIGINT NOT NULL
        )
        """
    )

    /// What people have written to us, for a person to read and answer.
    static let reply = Statement {
        """
        CREATE TABLE reply (
            id \($0.identity),
            at BIGINT NOT NULL,
            channel TEXT NOT NULL,
            sender TEXT NOT NULL,
            address_key TEXT NOT NULL,
            subject TEXT NOT NULL,
            words TEXT NOT NULL,
            asks TEXT,
            message BIGINT,
            brand TEXT,
            state TEXT NOT NULL,
            assignee TEXT,
            note TEXT,
            actor TEXT,
            finished_at BIGINT
        )
        """
    }
    static let replyOpen = Statement("CREATE INDEX reply_open ON reply (id) WHERE state = 'open'")

    /// Whose words came in, so that they can be erased with the person.
    static let addHookAddress = Statement("ALTER TABLE hook ADD COLUMN address_key TEXT")
    /// 1 where it is the proof of a no: its words are kept.
    static let addHookProof = Statement("ALTER TABLE hook ADD COLUMN proof BIGINT NOT NULL DEFAULT 0")
    /// What is kept for good costs the sweeps nothing.
    static let hookFree = Statement("CREATE INDEX hook_free ON hook (at) WHERE proof = 0")
    static let hookRaw = Statement("CREATE INDEX hook_raw ON hook (at) WHERE raw IS NOT NULL AND proof = 0")
    static let dropHookAt = Statement("DROP INDEX hook_at")
    static let hookAddress = Statement(
        "CREATE INDEX hook_address ON hook (address_key) WHERE address_key IS NOT NULL"
    )
}
