import ArgumentParser
import Foundation

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write a commented dunlin.yaml.")

    @Argument(help: "The file to write.", completion: .file())
    var file = "dunlin.yaml"

    func run() throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else {
            throw Failure(.cannotCreate, "\(file) cannot be written: \(String(cString: strerror(errno)))")
        }
        Console.write(Array(Init.text.utf8), to: descriptor)
        close(descriptor)
        Console.print("\(file) is written. Name your brand and your mail server in it, then run 'dunlin check'.")
    }

    static let text = """
        # Dunlin's configuration. Paths are relative to this file; ${NAME} reads the environment.

        database: sqlite:dunlin.sqlite
        # templates: Templates          # default: the ones that ship with Dunlin
        # sandbox: true                 # everything goes to the outbox, whatever the transports say
        # retention: 90d                # finished messages are forgotten after this time; never keeps them
        # evidence_retention: 1826d     # the words of evidence are kept for this time; never erases none
        # stop_within: 30s              # the longest that a stop waits for what is on the wire
        # inbound: {url: imaps://mail.example.com/INBOX, username: bounces, password: "${IMAP_PASSWORD}"}

        http:
          listen: 127.0.0.1:8025        # the HTTP interface and the operators' page; none for neither
          # public_url: https://reminders.example.com

        brands:
          example:
            name: Example Ltd
            from: Example Billing <billing@example.com>
            # reply_to: accounts@example.com
            # return_path: bounces@example.com
            postal_address: 1 Main Street, Springfield, IL 62701, USA
            tone: friendly              # friendly, neutral, formal, or one of your own
            locale: en
            # phone: +1 202 555 0123
            # website: https://example.com
            # color: "#0a5c5c"
            # headers: {X-Campaign: reminders}
            # dkim: [{selector: s1, key: keys/s1.pem}]  # dunlin dkim new; else the relay signs
            # compliance:                           # who writes to whom: see 'dunlin comply rules'
            #   sender_role: first_party_own_name
            #   jurisdictions: [US]
            #   time_zone: America/New_York         # of recipients whose own is not known
            #   send_hours: {from: "09:00", to: "17:00", channels: [email]}
            #   frequency: [{most: 3, within: 7d}]
            #   canary: {after: 500, part: 5%}      # of a bulk run this part goes first

        channels:
          email:
            transports: []              # empty: messages are written to ./outbox/
            # transports: [smtp://localhost:25]
            # transports:
            #   - type: smtp
            #     url: smtp://smtp.example.com:587    # smtps:// for TLS from the first byte
            #     tls: required                       # required, opportunistic or none
            #     username: dunlin
            #     password: ${SMTP_PASSWORD}          # or token_command: for OAuth
            #     connections: 32
            retry: {first: 1m, factor: 2, max: 4h, give_up: 3d}
            uncertain: retry            # or hold: a person decides
            # limits:                     # how fast, for whom; large mailbox providers have one already
            #   - {each: domain, domains: [example.com, "*.example.com"], rate: 10/s}
            #   - {each: sender, per_day: 2000, time_zone: America/New_York}
          # sms:
          #   transports:
          #     - type: twilio                        # or gateway: any provider; see deploy/gateways
          #       account_sid: AC...
          #       auth_token: ${TWILIO_TOKEN}
          #       from: "+12025550199"
          #       rate: 1/s
          # linkedin:                               # each message waits until a person approves it
          #   transports:
          #     - {type: webhook, url: https://example.com/linkedin, secrets: ["${LINKEDIN_SECRET}"]}
          # call: {transports: [{type: task}]}      # a person does it: see 'dunlin task list'
          # letter: {transports: [{type: task}]}

        """
}
