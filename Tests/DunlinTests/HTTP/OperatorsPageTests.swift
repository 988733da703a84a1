import Foundation
import Testing

@Suite("The operators' page, in Chromium", .serialized)
struct OperatorsPageTests {
    private static let tab = "\u{E004}"
    private static let enter = "\u{E007}"

    /// What holds at the end of every visit.
    private func expectQuiet(_ browser: Browser, _ server: WebServer) async throws {
        #expect(try await browser.complaints() == [])
        #expect(try await browser.hosts() == ["127.0.0.1:\(server.port)"])
        await browser.close()
    }

    @Test("one signs in, is led on, and out again; a wrong token, an old form and a foreign one are refused")
    func signingIn() async throws {
        let server = try await WebServer(try Site(nil), scopes: "read")
        let browser = try await Browser()
        try await browser.open(server.url + "/messages?state=held")
        try await browser.type("dunlin_wrong", into: "#token")
        try await browser.click("main form button")
        try await eventually("it says why") { try await browser.text().contains("not known") }
        _ = try await browser.complaints()
        try await browser.type(server.token ?? "", into: "#token")
        try await browser.click("main form button")
        try await eventually("one is where one wanted to be") {
            try await browser.address.hasSuffix("/messages?state=held")
        }
        #expect(try await browser.run("return document.cookie") as? String == "", "a script can read the session")
        #expect(try await browser.count("form.bulk") == 0, "a token that only reads sees no buttons")
        try await browser.open(server.url + "/sign-in")
        try await browser.open(server.url + "/messages")
        #expect(try await browser.title == "Messages · Dunlin", "to look at the form is not to sign out")
        try await browser.click(".session button")
        try await eventually("one is out") { try await browser.title == "Sign in · Dunlin" }
        try await browser.open(server.url + "/")
        #expect(try await browser.title == "Sign in · Dunlin")
        try await expectQuiet(browser, server)
        let foreign = try await server.send(
            "POST",
            "/sign-in",
            "token=\(server.token ?? "")&csrf=x",
            type: "application/x-www-form-urlencoded"
        )
        #expect(foreign.status == 403)
        let page = try await server.get("/")
        #expect(page.text.contains("Sign in"), "a bearer token is no session")
        #expect(page.header("Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
        let cookies = page.header("Set-Cookie") ?? ""
        #expect(cookies.contains("HttpOnly") && cookies.contains("SameSite=Strict"))
    }

    @Test("what people have written is read and done with; a provider's figure slows the brand; a category is stopped")
    func complying() async throws {
        let site = try Site(Site.brands)
        let server = try await WebServer(site, scopes: "read,operate,comply")
        let mail = "From: Ada <ada@example.com>\r\nSubject: Re: INV-1\r\n\r\n<b>I paid</b> on Monday.\r\n"
        try await site.run("inbound", input: mail)
        let browser = try await Browser()
        try await browser.signIn(server)
        try await browser.open(server.url + "/tasks")
        #expect(try await browser.text(".reply").contains("<b>I paid</b> on Monday."))
        try await browser.type("it has arrived", into: "#r-1")
        try await browser.click(".reply button")
        try await eventually("it is done") { try await browser.text().contains("Reply 1 is done.") }
        #expect(try await site.run("reply", "list", "--done").contains("ada@example.com"))

        try await browser.open(server.url + "/compliance")
        try await browser.type("much", into: "#c-spam")
        try await browser.click("form[action='/compliance/figures'] button")
        try await eventually("it says why") { try await browser.text().contains("is no part: write it like 0.12%") }
        _ = try await browser.complaints()
        try await browser.run("document.querySelector('#c-spam').value = ''")
        try await browser.type("0.31%", into: "#c-spam")
        try await browser.click("form[action='/compliance/figures'] button")
        try await eventually("it is there") { try await browser.text().contains("acme: 0.31% called spam at google.") }
        #expect(try await browser.count("#h-figures ~ table .is-critical") == 1)

        try await browser.open(server.url + "/lanes")
        _ = try await browser.run("document.querySelector('#l-category').value = 'commercial'")
        try await browser.type("wrong price", into: "#l-reason")
        try await browser.click("form[action='/lanes/pause'] button")
        try await eventually("the order stands") {
            try await browser.text().contains("email, category commercial is paused until it is resumed")
        }
        try await browser.click("form[action='/lanes/resume'] button")
        try await eventually("it has ended") {
            try await browser.text().contains("email, category commercial goes on.")
        }
        try await expectQuiet(browser, server)
    }

    @Test("a message is watched from waiting to sent without a reload; a failed one is found, read, and sent again")
    func watch() async throws {
        let sink = try await Peer.sink(
            .init(rules: [.init(at: "RCPT", to: "gone", times: 1, say: "550 5.2.1 Not now")])
        )
        let site = try Site(sendingTo: sink.url)
        let server = try await WebServer(site, scopes: "enqueue,read,operate,comply")
        var later = Mail("later", subject: "Wait for it")
        later.due = "2099-01-01T00:00:00Z"
        _ = try await server.enqueue(later)
        _ = try await server.enqueue(Mail("gone", to: "gone@example.com", subject: "Going nowhere"))
        let browser = try await Browser()
        try await browser.signIn(server)
        #expect(try await browser.title == "Overview · Dunlin")
        try await browser.open(server.url + "/messages/1")
        #expect(try await browser.text("h1") == "Wait for it")
        #expect(try await browser.text("#live").contains("waiting"))
        _ = try await browser.run("window.seen = 1")
        _ = try await server.send("POST", "/v1/messages/1/hold")
        try await eventually("it is held, live") { try await browser.text(".title").contains("held") }
        try await browser.click("#do-cancel")
        try await eventually("it is cancelled") { try await browser.text(".title").contains("cancelled") }
        #expect(try await browser.text(".flash").contains("cancelled"))

        var soon = Mail("soon", subject: "Any second")
        soon.due = ISO8601DateFormatter().string(from: Date().addingTimeInterval(3))
        _ = try await server.enqueue(soon)
        try await browser.open(server.url + "/messages/3")
        _ = try await browser.run("window.seen = 2")
        #expect(try await browser.text(".sub").contains("waiting"))
        try await eventually("it is sent, live") { try await browser.text(".sub").contains("sent") }
        #expect(try await browser.run("return window.seen") as? Int == 2, "the page was loaded again")
        #expect(try await browser.text("h2#h-events ~ ol").contains("sent"))

        try await browser.open(server.url + "/messages")
        try await browser.type("gone@example.com", into: "#f-to")
        try await browser.click(".filter button")
        try await eventually("one is found") { try await browser.count("#live tbody tr") == 1 }
        try await browser.click("#live tbody th a")
        try await eventually("it is open") { try await browser.title == "Message 2 · Dunlin" }
        #expect(try await browser.text(".events").contains("550 5.2.1 Not now"))
        #expect(try await browser.text("#h-content ~ .part").contains("Going nowhere"))
        try await browser.click("#do-retry")
        try await eventually("it is sent at last") { try await browser.text(".sub").contains("sent") }
        #expect(try await site.message("2").events.map(\.kind).contains("replayed"))
        try await expectQuiet(browser, server)
    }

    @Test("several are chosen, counted, confirmed and cancelled, by hand and by filter")
    func bulk() async throws {
        let server = try await WebServer(try Site(nil), scopes: "enqueue,read,operate")
        let mails = (0..<60).map { index in
            var mail = Mail("b-\(index)", to: "p\(index % 2)@example.com")
            mail.due = "2099-01-01T00:00:00Z"
            return mail
        }
        for mail in mails { _ = try await server.enqueue(mail) }
        let browser = try await Browser()
        try await browser.signIn(server, at: "/messages")
        #expect(try await browser.text(".tally") == "60 messages, newest first")
        try await browser.click("input[name=id][value='60']")
        try await browser.click("input[name=id][value='59']")
        try await browser.click("#bulk button[value=cancel]")
        try await eventually("it asks") { try await browser.text("h1") == "Cancel: 2 messages" }
        #expect(try await server.site.status().count("cancelled") == 0)
        try await browser.click("main form button")
        try await eventually("two are cancelled") { try await browser.text(".flash").contains("2 messages cancelled") }
        try await browser.open(server.url + "/messages?to=p0%40example.com")
        try await browser.click("input[name=scope][value=filter]")
        try await browser.click("#bulk button[value=cancel]")
        try await eventually("it counts those that can be") { try await browser.text("h1") == "Cancel: 29 messages" }
        try await browser.click("main form button")
        try await eventually("the filter's are cancelled") {
            try await browser.text(".flash").contains("29 messages cancelled")
        }
        #expect(try await server.site.status().count("cancelled") == 31)
        try await expectQuiet(browser, server)
    }

    @Test("a template is seen as it is typed, and a fault in the variables is told there")
    func preview() async throws {
        let server = try await WebServer(try Site(Site.brands), scopes: "read")
        let browser = try await Browser()
        try await browser.signIn(server, at: "/templates")
        try await browser.click("a[href='/templates/payment-thanks']")
        try await eventually("it is shown") { try await browser.text("#parts").contains("Ada") }
        _ = try await browser.run(
            """
            const box = document.querySelector('#p-sample');
            box.value = box.value.replaceAll('Ada', 'Grace');
            box.dispatchEvent(new Event('input', {bubbles: true}));
            """
        )
        try await eventually("the preview follows") { try await browser.text("#parts").contains("Grace") }
        #expect(try await browser.count("#parts iframe[sandbox]") >= 1)
        _ = try await browser.run(
            """
            const box = document.querySelector('#p-sample');
            box.value = '{';
            box.dispatchEvent(new Event('input', {bubbles: true}));
            """
        )
        try await eventually("the fault is told") { try await browser.text("#parts").contains("no valid JSON") }
        _ = try await browser.complaints()
        try await expectQuiet(browser, server)
    }

    @Test("a lane is paused and resumed, a mistake is told and keeps what was typed")
    func lanes() async throws {
        let sink = try await Peer.sink()
        let server = try await WebServer(try Site(sendingTo: sink.url), scopes: "read,enqueue,operate")
        let browser = try await Browser()
        try await browser.signIn(server, at: "/lanes")
        try await eventually("the lane is shown") {
            try await browser.open(server.url + "/lanes")
            return try await browser.count("td.act a") == 1
        }
        try await browser.click("td.act a")
        try await eventually("the form names it") {
            try await browser.run("return document.querySelector('#l-what').value") as? String == "email/smtp"
        }
        try await browser.type("a template is wrong", into: "#l-reason")
        try await browser.type("soon", into: "#l-for")
        try await browser.click(".panel button")
        try await eventually("the mistake is told") { try await browser.text(".flash").contains("'soon' is no time") }
        #expect(
            try await browser.run("return document.querySelector('#l-reason').value") as? String
                == "a template is wrong"
        )
        try await browser.type("2h", into: "#l-for")
        try await browser.click(".panel button")
        try await eventually("it is paused") { try await browser.text(".order").contains("email/smtp is paused") }
        _ = try await server.enqueue(Mail("a"))
        #expect(try await server.site.run("why", "a").contains("is paused: a template is wrong"))
        try await browser.click(".order button")
        try await eventually("it goes on") { try await browser.text(".flash").contains("email/smtp goes on") }
        try await eventually("the message leaves") { sink.arrivals.count == 1 }
        _ = try await browser.complaints()
        try await expectQuiet(browser, server)
    }

    @Test("opt-outs are recorded, looked up and taken back")
    func optOuts() async throws {
        let server = try await WebServer(try Site(nil), scopes: "read,comply")
        let browser = try await Browser()
        try await browser.signIn(server, at: "/opt-outs")
        try await browser.type("nobody", into: "#a-address")
        try await browser.type("Ada@Example.com", into: "#a-address")
        try await browser.type("asked by telephone", into: "#a-note")
        try await browser.click(".panel button")
        try await eventually("it is recorded") {
            try await browser.text(".flash").contains("has opted out of everything")
        }
        #expect(try await server.site.run("opt-out", "list").contains("token test"))
        try await browser.type("ADA@example.com", into: "#o-address")
        try await browser.click(".filter button")
        try await eventually("it is found") { try await browser.text(".answer").contains("has opted out") }
        try await browser.click(".act button")
        try await eventually("it asks first") { try await browser.text(".ask").contains("Ada@Example.com said no") }
        #expect(try await server.site.status().optOuts == 1)
        try await browser.click(".ask button")
        try await eventually("it is taken back") { try await browser.text(".flash").contains("no longer opted out") }
        #expect(try await browser.text("section[aria-labelledby=h-changes]").contains("token test"))
        #expect(try await server.site.status().optOuts == 0)
        try await expectQuiet(browser, server)
    }

    @Test("what a stranger wrote does nothing: names, subjects, bodies, replies and keys")
    func scripts() async throws {
        let attack = #"<script>window.hit=1</script><img src=x onerror="window.hit=1">{{brand.name}}"#
        let sink = try await Peer.sink(
            .init(rules: [.init(at: "RCPT", say: "550 5.2.1 <script>window.hit=1</script><b>no</b>")])
        )
        let server = try await WebServer(try Site(sendingTo: sink.url), scopes: "enqueue,read,operate")
        let html =
            #"<body onload="parent.hit=1;top.hit=1"><script>parent.hit=1</script><h1>Body</h1><form action=/sign-out method=post></form>"#
        _ = try await server.enqueue(
            Mail("k\"'><script>window.hit=1</script>", subject: attack, text: attack, html: html)
        )
        let browser = try await Browser()
        try await browser.signIn(server)
        for path in [
            "/", "/messages", "/messages/1", "/messages?to=%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E%40x",
            "/nothing/%3Cscript%3E",
        ] {
            try await browser.open(server.url + path)
            try await eventually("\(path) is there") { try await browser.count("main h1") == 1 }
            #expect(try await browser.run("return window.hit === undefined") as? Bool == true, "\(path)")
            #expect(try await browser.count("main script, main img") == 0, "\(path)")
        }
        try await browser.open(server.url + "/messages/1")
        try await eventually("the reply is told") { try await browser.text(".events").contains("<script>") }
        #expect(try await browser.run("return window.hit === undefined") as? Bool == true)
        try await browser.open(server.url + "/messages/1/parts/email.html")
        #expect(
            try await browser.run("return [window.hit === undefined, window.origin].join()") as? String == "true,null"
        )
        await browser.close()
        let part = try await RawPage(server, "/messages/1/parts/email.html").head
        #expect(part.contains("sandbox") || part.contains("303"))
    }

    /// A page as it is answered without a session.
    private struct RawPage {
        let head: String

        init(_ server: WebServer, _ path: String) async throws {
            let connection = try RawConnection(port: server.port)
            connection.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            connection.finish()
            head = await connection.readToEnd()
        }
    }

    @Test("the keyboard alone leads through it")
    func keyboard() async throws {
        let server = try await WebServer(try Site(nil), scopes: "enqueue,read,operate")
        _ = try await server.enqueue(Mail("a"))
        let browser = try await Browser()
        try await browser.open(server.url + "/")
        try await browser.press((server.token ?? "") + Self.enter)
        try await eventually("one is signed in, as the field had the focus") {
            try await browser.title == "Overview · Dunlin"
        }
        try await browser.press(Self.tab)
        #expect(try await browser.run("return document.activeElement.className") as? String == "skip")
        try await browser.press(String(repeating: Self.tab, count: 3) + Self.enter)
        try await eventually("the navigation leads to the messages") { try await browser.title == "Messages · Dunlin" }
        for _ in 0..<40 {
            try await browser.press(Self.tab)
            if try await browser.run("return document.activeElement.getAttribute('href')") as? String == "/messages/1" {
                break
            }
        }
        let outline = try await browser.run("return getComputedStyle(document.activeElement).outlineStyle") as? String
        #expect(outline != "none", "the focus is not seen")
        try await browser.press(Self.enter)
        try await eventually("the message is open") { try await browser.title == "Message 1 · Dunlin" }
        try await expectQuiet(browser, server)
    }

    @Test("on a telephone nothing is wider than the screen", arguments: [false, true])
    func telephone(dark: Bool) async throws {
        let server = try await WebServer(try Site(Site.brands), scopes: "enqueue,read,operate,comply")
        let long = String(repeating: "Donaudampfschiffahrtsgesellschaft", count: 6)
        _ = try await server.enqueue(Mail("a", subject: long, text: long))
        let browser = try await Browser(size: (390, 844), dark: dark)
        try await browser.signIn(server)
        for path in [
            "/", "/messages", "/messages/1", "/templates", "/templates/invoice-issued", "/opt-outs", "/lanes",
            "/compliance",
        ] {
            try await browser.open(server.url + path)
            let width = try await browser.run("return document.documentElement.scrollWidth") as? Int ?? 0
            #expect(width <= 390, "\(path) is \(width) wide")
            #expect(try await browser.picture().count > 1000)
        }
        try await expectQuiet(browser, server)
    }

    @Test("without scripts all of it can be read and done")
    func withoutScript() async throws {
        let server = try await WebServer(try Site(nil), scopes: "enqueue,read,operate")
        var mail = Mail("a", subject: "Plain")
        mail.due = "2099-01-01T00:00:00Z"
        _ = try await server.enqueue(mail)
        let browser = try await Browser(script: false)
        try await browser.signIn(server, at: "/messages/1")
        #expect(try await browser.title == "Message 1 · Dunlin")
        try await browser.click("#do-cancel")
        try await eventually("it is cancelled") { try await server.site.message("1").state == "cancelled" }
        try await expectQuiet(browser, server)
    }
}
