import TestSupport
import Testing

@testable import dunlin

@Suite("A fault in the configuration is told with file, line, key and remedy")
struct ConfigurationErrorTests {
    private func complaint(_ yaml: String, environment: [String: String] = [:]) throws -> String? {
        do {
            _ = try StrictDecoder(environment: environment, file: "dunlin.yaml").decode(Configuration.self, from: yaml)
            return nil
        } catch let error as ConfigurationError {
            return error.description
        }
    }

    @Test(
        "unknown keys, at every depth",
        arguments: [
            (
                "sandbox: true\ntemplate: Templates",
                "dunlin.yaml:2: template: unknown key; known here: "
                    + "brands, channels, database, evidence_retention, http, inbound, raw_retention, retention, sandbox, stop_within, "
                    + "subscriptions, "
                    + "templates"
            ),
            (
                "http:\n  port: 80",
                "dunlin.yaml:2: http.port: unknown key; known here: "
                    + "accept_queue, body_timeout, connections, header_timeout, idle_timeout, inbound_key, listen, public_url"
            ),
            (
                "channels:\n  email:\n    transport: []",
                "dunlin.yaml:3: channels.email.transport: unknown key; known here: amounts, approval, "
                    + "limits, max_segments, receipts_within, reopen, reply_rules, retry, shipped_limits, transports, uncertain, weights"
            ),
            (
                "channels:\n  email:\n    retry: {first: 1m, fator: 3}",
                "dunlin.yaml:3: channels.email.retry.fator: unknown key; known here: factor, first, give_up, max"
            ),
            (
                "channels:\n  email:\n    transports:\n      - type: outbox\n        folder: out",
                "dunlin.yaml:5: channels.email.transports[0].folder: unknown key; known here: name, path, type"
            ),
            (
                "channels:\n  email:\n    transports:\n      - type: outbox\n      - type: smtp\n"
                    + "        url: smtp://relay\n        port: 25",
                "dunlin.yaml:7: channels.email.transports[1].port: unknown key; known here: burst, ca_file, command_timeout, "
                    + "connect_timeout, connections, domains, final_timeout, helo, idle, messages_per_connection, name, password, "
                    + "rate, tls, token_command, type, url, username, weight"
            ),
            (
                "brands:\n  acme:\n    name: Acme\n    from: a@acme.example\n    postal_address: 1 Main Street\n"
                    + "    colour: red",
                "dunlin.yaml:6: brands.acme.colour: unknown key; known here: "
                    + "color, compliance, dkim, footer, from, headers, locale, name, phone, postal_address, region, reply_to, return_path, tone, verp, website"
            ),
        ]
    )
    func unknownKey(yaml: String, expected: String) throws {
        #expect(try complaint(yaml) == expected)
    }

    @Test(
        "wrong types",
        arguments: [
            ("- a", "dunlin.yaml: a mapping (key: value lines) is expected here"),
            ("just words", "dunlin.yaml: a mapping (key: value lines) is expected here"),
            ("database: [a]", "dunlin.yaml:1: database: text is expected here"),
            ("\nsandbox: yes", "dunlin.yaml:2: sandbox: true or false is expected here, not 'yes'"),
            ("sandbox: {}", "dunlin.yaml:1: sandbox: true or false is expected here"),
            ("brands: []", "dunlin.yaml:1: brands: a mapping (key: value lines) is expected here"),
            ("brands:\n  acme: Acme", "dunlin.yaml:2: brands.acme: a mapping (key: value lines) is expected here"),
            ("brands: {acme: {name: [A]}}", "dunlin.yaml:1: brands.acme.name: text is expected here"),
            ("channels: email", "dunlin.yaml:1: channels: a mapping (key: value lines) is expected here"),
            (
                "channels:\n  email:\n    transports: smtp://localhost",
                "dunlin.yaml:3: channels.email.transports: a list is expected here"
            ),
            (
                "channels:\n  email:\n    transports:\n      - smtp://localhost\n      - [a]",
                "dunlin.yaml:5: channels.email.transports[1]: text is expected here"
            ),
            (
                "channels:\n  email:\n    retry:\n      factor: two",
                "dunlin.yaml:4: channels.email.retry.factor: a number is expected here, not 'two'"
            ),
            (
                "channels: {email: {transports: [{type: smtp, url: smtp://a, connections: 1.5}]}}",
                "dunlin.yaml:1: channels.email.transports[0].connections: a whole number is expected here, not '1.5'"
            ),
            (
                "channels: {email: {transports: [{type: smtp, url: smtp://a, connections: 99999999999999999999}]}}",
                "dunlin.yaml:1: channels.email.transports[0].connections: "
                    + "99999999999999999999 is out of range"
            ),
            (
                "brands: {acme: {name: A, from: a@b.example, postal_address: c, headers: [X-A]}}",
                "dunlin.yaml:1: brands.acme.headers: a mapping (key: value lines) is expected here"
            ),
        ]
    )
    func wrongType(yaml: String, expected: String) throws {
        #expect(try complaint(yaml) == expected)
    }

    @Test(
        "values that mean nothing",
        arguments: [
            (
                "database: dunlin.sqlite",
                "dunlin.yaml:1: database: this is no database that is known: write sqlite:FILE"
            ),
            ("database: 'sqlite:'", "dunlin.yaml:1: database: this is no database that is known: write sqlite:FILE"),
            (
                "retention: 90",
                "dunlin.yaml:1: retention: '90' is no length of time: "
                    + "write a number and a unit, such as 30s, 5m, 4h or 3d"
            ),
            (
                "retention: -1d",
                "dunlin.yaml:1: retention: '-1d' is no length of time: "
                    + "write a number and a unit, such as 30s, 5m, 4h or 3d"
            ),
            (
                "stop_within: soon",
                "dunlin.yaml:1: stop_within: 'soon' is no length of time: "
                    + "write a number and a unit, such as 30s, 5m, 4h or 3d"
            ),
            (
                "channels:\n  email: {}\n  fax: {}",
                "dunlin.yaml:3: channels.fax: there is no such channel; known: "
                    + "email, sms, linkedin, webhook, call, letter"
            ),
            (
                "channels:\n  email:\n    uncertain: maybe",
                "dunlin.yaml:3: channels.email.uncertain: one of retry, hold is expected here, not 'maybe'"
            ),
            (
                "channels:\n  email:\n    transports:\n      - type: pigeon",
                "dunlin.yaml:4: channels.email.transports[0].type: "
                    + "there is no transport of type 'pigeon': write smtp, webhook, twilio, gateway, task or outbox"
            ),
            (
                "channels:\n  email:\n    transports:\n      - type: smtp\n        url: smtp://relay\n        tls: on",
                "dunlin.yaml:6: channels.email.transports[0].tls: "
                    + "one of required, opportunistic, none is expected here, not 'on'"
            ),
            (
                "channels:\n  sms:\n    uncertain: hold\n    max_segments: 11",
                "dunlin.yaml:4: channels.sms.max_segments: it must be from 1 to 10"
            ),
            (
                "channels:\n  email:\n    limits:\n      - each: brand\n        rate: 1/s\n        time_zone: UTC",
                "dunlin.yaml:6: channels.email.limits[0].time_zone: "
                    + "it means nothing without per_hour, per_day or spend_per_day"
            ),
            (
                "channels:\n  email:\n    retry:\n      factor: 0.5",
                "dunlin.yaml:4: channels.email.retry.factor: it must be at least 1"
            ),
            (
                "channels:\n  email:\n    retry:\n      factor: .nan",
                "dunlin.yaml:4: channels.email.retry.factor: a number is expected here, not '.nan'"
            ),
            (
                "channels: {email: {retry: {first: 0s}}}",
                "dunlin.yaml:1: channels.email.retry.first: it must be more than 0"
            ),
            (
                "channels: {email: {retry: {max: 0ms}}}",
                "dunlin.yaml:1: channels.email.retry.max: it must be more than 0"
            ),
        ]
    )
    func nonsense(yaml: String, expected: String) throws {
        #expect(try complaint(yaml) == expected)
    }

    @Test(
        "keys that must be there",
        arguments: [
            ("brands:\n  acme: {}", "dunlin.yaml:2: brands.acme.name: this key is required"),
            ("brands:\n  acme:\n    name: Acme", "dunlin.yaml:3: brands.acme.from: this key is required"),
            (
                "brands:\n  acme:\n    name: Acme\n    from: a@acme.example",
                "dunlin.yaml:3: brands.acme.postal_address: this key is required"
            ),
            (
                "channels:\n  email:\n    transports:\n      - url: smtp://relay",
                "dunlin.yaml:4: channels.email.transports[0].type: this key is required"
            ),
            (
                "channels:\n  email:\n    transports:\n      - {}",
                "dunlin.yaml:4: channels.email.transports[0].type: this key is required"
            ),
            (
                "channels:\n  email:\n    transports:\n      - type: smtp",
                "dunlin.yaml:4: channels.email.transports[0].url: this key is required"
            ),
        ]
    )
    func missing(yaml: String, expected: String) throws {
        #expect(try complaint(yaml) == expected)
    }

    @Test(
        "what the environment lacks",
        arguments: [
            (
                "templates: ${WORDS}/mine",
                "dunlin.yaml:1: templates: the environment has no WORDS: set it, or write the value here"
            ),
            (
                "channels:\n  email:\n    transports:\n      - smtp://${HOST}",
                "dunlin.yaml:4: channels.email.transports[0]: "
                    + "the environment has no HOST: set it, or write the value here"
            ),
            ("templates: a${WORDS", "dunlin.yaml:1: templates: a '${' without its '}'"),
            (
                "stop_within: ${}s",
                "dunlin.yaml:1: stop_within: the environment has no : set it, or write the value here"
            ),
        ]
    )
    func environment(yaml: String, expected: String) throws {
        #expect(try complaint(yaml) == expected)
    }

    @Test(
        "what is no YAML",
        arguments: [
            ("brands: {", "dunlin.yaml:2: no valid YAML: did not find expected node content"),
            ("a:\n\tb: 1", "dunlin.yaml:2: no valid YAML: found character that cannot start any token"),
            (
                "sandbox: true\n sandbox: x",
                "dunlin.yaml:2: no valid YAML: mapping values are not allowed in this context"
            ),
            ("sandbox: true\nsandbox: false", "dunlin.yaml:1: sandbox: the key stands twice in this mapping"),
            ("--- {}\n--- {}", "dunlin.yaml:2: no valid YAML: but found another document"),
        ]
    )
    func syntax(yaml: String, expected: String) throws {
        #expect(try complaint(yaml) == expected)
    }

    @Test("a named file that is not there is an error, one that was not named is not")
    func missingFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("dunlin.yaml")
        #expect(
            throws: ConfigurationError(
                file: path,
                line: nil,
                key: "",
                message: "there is no such file: 'dunlin init' writes one"
            )
        ) { try Configuration.load(path, environment: [:]) }
        #expect(
            throws: ConfigurationError(
                file: path,
                line: nil,
                key: "",
                message: "there is no such file: 'dunlin init' writes one"
            )
        ) { try Configuration.load(nil, environment: ["DUNLIN_CONFIG": path]) }
    }

    @Test("a file that is no text is an error")
    func notText() throws {
        let folder = try TemporaryFolder()
        #expect(
            throws: ConfigurationError(
                file: folder.path,
                line: nil,
                key: "",
                message: "it cannot be read as UTF-8 text"
            )
        ) { try Configuration.load(folder.path, environment: [:]) }
    }
}
