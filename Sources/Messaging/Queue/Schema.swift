public import Storage

/// The dispatcher's tables.
///
/// `message` is narrow: claim and settle rewrite it and nothing else. The words stand in `content`, written once. Times are
/// milliseconds since 1970, UTC.
public enum Schema {
    public static let migrations = [
        Migration(
            number: 1,
            statements: [
                content, contentKey, contentCustomer, message, messageWaiting, messageSending, messageHeld,
                messageExpiring, messageFinished, event, optOut, tally, throughput, node, lane, setting,
            ]
        ),
        Migration(
            number: 2,
            statements: [
                addConversation, addOrigin, fillConversation, contentConversation, addTest, messageRecipient, token,
                subscription, news, newsDue, newsMessage,
            ]
        ),
        Migration(number: 3, statements: [audit]),
        Migration(
            number: 4,
            statements: [
                addDoubt, providerReference, providerReferenceMessage, hook, hookPending, hookAt, addAccepted, pause,
            ]
        ),
        Migration(
            number: 5,
            statements: [
                addShare, fillShare, dropMessageWaiting, messageShare, pauseOrder, fillPauseOrder, dropPause,
                addLaneDetail,
                limiter, allowance, task, taskOpen,
                fallback, fallbackUndecided, spending,
            ]
        ),
        Migration(
            number: 6,
            statements: [addZones, consent, evidence, evidenceMessage, person, personAddress, complianceCount]
        ),
        Migration(
            number: 7,
            statements: [
                standingOrder, fillStandingOrder, dropPauseOrder, run, addAlone, stopTold, addressee, fillAddressee,
                addresseePerson, dropPerson, personStop,
                contact,
                contactAddress, reputation, legalHold, reply, replyOpen, addHookAddress,
                addHookProof, hookFree, hookRaw, dropHookAt,
                hookAddress,
            ]
        ),
    ]

    /// `key` is unique among the messages that have not been pruned.
    static let content = Statement {
        """
        CREATE TABLE content (
            id \($0.identity),
            key TEXT,
            customer TEXT,
            document \($0.bytes) NOT NULL
        )
        """
    }
    static let contentKey = Statement("CREATE UNIQUE INDEX content_key ON content (key) WHERE key IS NOT NULL")
    static let contentCustomer = Statement(
        "CREATE INDEX content_customer ON content (customer) WHERE customer IS NOT NULL"
    )

    static let addConversation = Statement("ALTER TABLE content ADD COLUMN conversation TEXT")
    /// Who handed the message in, such as `token billing`.
    static let addOrigin = Statement("ALTER TABLE content ADD COLUMN origin TEXT")
    static let fillConversation = Statement { dialect in
        switch dialect {
        case .sqlite:
            """
            UPDATE content SET conversation = json_extract(CAST(document AS TEXT), '$.conversation')
            WHERE json_valid(CAST(document AS TEXT))
            """
        case .postgresql:
            "UPDATE content SET conversation = CAST(convert_from(document, 'UTF8') AS json) ->> 'conversation'"
        }
    }
    static let contentConversation = Statement(
        "CREATE INDEX content_conversation ON content (conversation) WHERE conversation IS NOT NULL"
    )

    /// `fence` counts the claims: a write that names an older one changes nothing. `since` is when the time for retries
    /// began to run: the first claim; `started_at` when the running attempt was handed off.
    static let message = Statement {
        """
        CREATE TABLE message (
            id \($0.key),
            channel TEXT NOT NULL,
            state TEXT NOT NULL,
            priority BIGINT NOT NULL,
            due BIGINT NOT NULL,
            expires BIGINT,
            fence BIGINT NOT NULL,
            attempts BIGINT NOT NULL,
            node BIGINT,
            address_key TEXT NOT NULL,
            domain TEXT NOT NULL,
            brand TEXT NOT NULL,
            category TEXT NOT NULL,
            template TEXT NOT NULL,
            accepted_at BIGINT NOT NULL,
            since BIGINT NOT NULL,
            started_at BIGINT,
            finished_at BIGINT,
            reason TEXT
        )
        """
    }
    static let messageWaiting = Statement(
        "CREATE INDEX message_waiting ON message (channel, priority, due, id) WHERE state = 'waiting'"
    )
    static let messageSending = Statement(
        "CREATE INDEX message_sending ON message (channel, id) WHERE state = 'sending'"
    )
    static let messageHeld = Statement("CREATE INDEX message_held ON message (channel, id) WHERE state = 'held'")
    static let messageExpiring = Statement(
        "CREATE INDEX message_expiring ON message (expires) WHERE state IN ('waiting', 'held') AND expires IS NOT NULL"
    )
    static let messageFinished = Statement(
        "CREATE INDEX message_finished ON message (state, finished_at) WHERE finished_at IS NOT NULL"
    )

    /// 1 for a message that a test token handed in: it goes to the outbox, whatever the transports say.
    static let addTest = Statement("ALTER TABLE message ADD COLUMN test BIGINT NOT NULL DEFAULT 0")
    static let messageRecipient = Statement("CREATE INDEX message_recipient ON message (address_key)")

    /// What happened to a message, in order. Acceptance is not repeated here: `message.accepted_at` tells it.
    static let event = Statement {
        """
        CREATE TABLE event (
            message BIGINT NOT NULL,
            number BIGINT NOT NULL,
            at BIGINT NOT NULL,
            kind TEXT NOT NULL,
            started_at BIGINT,
            transport TEXT,
            detail TEXT,
            PRIMARY KEY (message, number)
        ) \($0.clustered)
        """
    }

    /// An empty channel, brand or category means every one.
    static let optOut = Statement {
        """
        CREATE TABLE opt_out (
            id \($0.identity),
            address_key TEXT NOT NULL,
            channel TEXT NOT NULL,
            brand TEXT NOT NULL,
            category TEXT NOT NULL,
            address TEXT NOT NULL,
            source TEXT NOT NULL,
            note TEXT,
            at BIGINT NOT NULL,
            UNIQUE (address_key, channel, brand, category)
        )
        """
    }

    /// Running totals of what can no longer be counted.
    static let tally = Statement("CREATE TABLE tally (name TEXT PRIMARY KEY, value BIGINT NOT NULL)")

    /// Attempts per minute and outcome.
    static let throughput = Statement(
        """
        CREATE TABLE throughput (
            minute BIGINT NOT NULL,
            channel TEXT NOT NULL,
            outcome TEXT NOT NULL,
            count BIGINT NOT NULL,
            PRIMARY KEY (minute, channel, outcome)
        )
        """
    )

    static let node = Statement {
        """
        CREATE TABLE node (
            id \($0.identity),
            name TEXT NOT NULL,
            started_at BIGINT NOT NULL,
            heartbeat_at BIGINT NOT NULL,
            stopped_at BIGINT
        )
        """
    }

    static let lane = Statement(
        """
        CREATE TABLE lane (
            node BIGINT NOT NULL,
            name TEXT NOT NULL,
            channel TEXT NOT NULL,
            state TEXT NOT NULL,
            since BIGINT NOT NULL,
            reason TEXT,
            connections BIGINT NOT NULL,
            in_flight BIGINT NOT NULL,
            PRIMARY KEY (node, channel, name)
        )
        """
    )

    /// `hash` is the SHA-256 of the token itself, which is kept nowhere. `scopes` are words with commas between them;
    /// `rate` is messages a second, NULL for no limit.
    static let token = Statement {
        """
        CREATE TABLE token (
            id \($0.identity),
            name TEXT NOT NULL UNIQUE,
            hash \($0.bytes) NOT NULL UNIQUE,
            scopes TEXT NOT NULL,
            test BIGINT NOT NULL,
            rate BIGINT,
            created_at BIGINT NOT NULL,
            used_at BIGINT,
            revoked_at BIGINT
        )
        """
    }

    /// `events` is `*`, or types with commas between.
    static let subscription = Statement {
        """
        CREATE TABLE subscription (
            id \($0.identity),
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            description TEXT,
            secret TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            created_at BIGINT NOT NULL,
            failing_since BIGINT
        )
        """
    }
    /// What subscribers are to be told, until a delivery of it is made; a row for each of them.
    static let news = Statement {
        """
        CREATE TABLE news (
            id \($0.identity),
            subscription BIGINT NOT NULL,
            message BIGINT,
            at BIGINT NOT NULL,
            type TEXT NOT NULL,
            transport TEXT,
            detail TEXT,
            document \($0.bytes),
            due BIGINT NOT NULL
        )
        """
    }
    static let newsDue = Statement("CREATE INDEX news_due ON news (due, id)")
    static let newsMessage = Statement("CREATE INDEX news_message ON news (subscription, message, id)")

    /// Who changed what, beside messages. Nothing rewrites a row of it.
    static let audit = Statement {
        """
        CREATE TABLE audit (
            id \($0.identity),
            at BIGINT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT
        )
        """
    }

    /// When the first attempt began of which nobody knows whether it arrived.
    static let addDoubt = Statement("ALTER TABLE message ADD COLUMN doubt_since BIGINT")
    /// What providers call our messages, so that what they report later finds them.
    static let providerReference = Statement {
        """
        CREATE TABLE provider_reference (
            transport TEXT NOT NULL,
            reference TEXT NOT NULL,
            message BIGINT NOT NULL,
            PRIMARY KEY (transport, reference)
        ) \($0.clustered)
        """
    }
    static let providerReferenceMessage = Statement(
        "CREATE INDEX provider_reference_message ON provider_reference (message)"
    )

    /// What providers have posted, each once: `state` is 0 until it is applied, 2 where no message was found for it.
    static let hook = Statement {
        """
        CREATE TABLE hook (
            id \($0.identity),
            transport TEXT NOT NULL,
            identity TEXT NOT NULL,
            at BIGINT NOT NULL,
            state BIGINT NOT NULL,
            message BIGINT,
            reference TEXT,
            status TEXT,
            reason TEXT,
            detail TEXT,
            raw \($0.bytes),
            UNIQUE (transport, identity)
        )
        """
    }
    static let hookPending = Statement("CREATE INDEX hook_pending ON hook (id) WHERE state = 0")
    static let hookAt = Statement("CREATE INDEX hook_at ON hook (at)")

    /// The message as it was accepted, where a person has edited it since.
    static let addAccepted = Statement { "ALTER TABLE content ADD COLUMN accepted \($0.bytes)" }

    /// Lanes that a person has paused; an empty lane means every one of the channel.
    static let pause = Statement(
        """
        CREATE TABLE pause (
            channel TEXT NOT NULL,
            lane TEXT NOT NULL,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            at BIGINT NOT NULL,
            until BIGINT,
            PRIMARY KEY (channel, lane)
        )
        """
    )

    /// The part of the queue that a message is claimed from: see ``Share``.
    static let addShare = Statement("ALTER TABLE message ADD COLUMN share TEXT NOT NULL DEFAULT ''")
    static let fillShare = Statement("UPDATE message SET share = brand WHERE finished_at IS NULL")
    static let dropMessageWaiting = Statement("DROP INDEX message_waiting")
    static let messageShare = Statement(
        "CREATE INDEX message_share ON message (channel, share, priority, due, id) WHERE state = 'waiting'"
    )

    /// Standing orders: what is to send nothing, or no faster than `rate`, from a time to a time. An empty lane, brand or
    /// domain means every one.
    static let pauseOrder = Statement(
        """
        CREATE TABLE pause_order (
            channel TEXT NOT NULL,
            lane TEXT NOT NULL,
            brand TEXT NOT NULL,
            domain TEXT NOT NULL,
            rate TEXT,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            at BIGINT NOT NULL,
            begins BIGINT NOT NULL,
            ends BIGINT,
            PRIMARY KEY (channel, lane, brand, domain)
        )
        """
    )
    static let fillPauseOrder = Statement(
        """
        INSERT INTO pause_order (channel, lane, brand, domain, reason, actor, at, begins, ends)
        SELECT channel, lane, '', '', reason, actor, at, at, until FROM pause
        """
    )
    static let dropPause = Statement("DROP TABLE pause")

    /// What a worker tells of a lane beside its state, as JSON.
    static let addLaneDetail = Statement("ALTER TABLE lane ADD COLUMN detail TEXT")
    /// The limits that a worker has met, as it last told of them.
    static let limiter = Statement(
        """
        CREATE TABLE limiter (
            node BIGINT NOT NULL,
            channel TEXT NOT NULL,
            name TEXT NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (node, channel, name)
        )
        """
    )
    /// How much of a limit by the hour or the day is taken. `began` is when its hour or day began.
    static let allowance = Statement(
        """
        CREATE TABLE allowance (
            channel TEXT NOT NULL,
            name TEXT NOT NULL,
            began BIGINT NOT NULL,
            used BIGINT NOT NULL,
            PRIMARY KEY (channel, name, began)
        )
        """
    )

    /// What people are to do, one for each message that they deliver.
    static let task = Statement(
        """
        CREATE TABLE task (
            message BIGINT PRIMARY KEY,
            state TEXT NOT NULL,
            assignee TEXT,
            opened_at BIGINT NOT NULL,
            due BIGINT NOT NULL,
            outcome TEXT,
            note TEXT,
            actor TEXT,
            finished_at BIGINT
        )
        """
    )
    static let taskOpen = Statement("CREATE INDEX task_open ON task (due, message) WHERE state = 'open'")

    /// Which message goes when one does not arrive, at the latest at `deadline`: `span` milliseconds after that one was due.
    static let fallback = Statement(
        """
        CREATE TABLE fallback (
            message BIGINT PRIMARY KEY,
            next BIGINT NOT NULL,
            approval BIGINT NOT NULL,
            span BIGINT,
            deadline BIGINT,
            decide_at BIGINT NOT NULL
        )
        """
    )
    static let fallbackUndecided = Statement("CREATE INDEX fallback_undecided ON fallback (decide_at)")

    /// What transports with a price have taken: `day` counts from 1970, UTC; `micros` are millionths of the currency.
    static let spending = Statement(
        """
        CREATE TABLE spending (
            day BIGINT NOT NULL,
            channel TEXT NOT NULL,
            transport TEXT NOT NULL,
            brand TEXT NOT NULL,
            currency TEXT NOT NULL,
            messages BIGINT NOT NULL,
            units BIGINT NOT NULL,
            micros BIGINT NOT NULL,
            PRIMARY KEY (day, channel, transport, brand, currency)
        )
        """
    )

    static let setting = Statement("CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)")

    static let statements = migrations.flatMap(\.statements)
}
