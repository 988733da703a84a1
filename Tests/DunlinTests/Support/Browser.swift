import Foundation

/// A real Chromium without a window, driven over WebDriver (<https://www.w3.org/TR/webdriver2/>).
final class Browser: Sendable {
    private let driver: Child
    private let session: String

    /// - Parameter size: of the window, in pixels.
    init(size: (width: Int, height: Int) = (1280, 1000), dark: Bool = false, script: Bool = true) async throws {
        let port = try FreePort.find()
        let driver = try Child("chromedriver", ["--port=\(port)"], input: nil)
        try await eventually("the browser's driver listens") {
            guard driver.isRunning else { throw Complaint("chromedriver has ended: \(driver.errors); run deploy/test") }
            return FreePort.answers(port)
        }
        self.driver = driver
        let root = "http://127.0.0.1:\(port)/session"
        var options: [String: Any] = [
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--window-size=\(size.width),\(size.height)",
            ] + (dark ? ["--force-dark-mode"] : [])
        ]
        if !script { options["prefs"] = ["profile.managed_default_content_settings.javascript": 2] }
        if size.width < 500 {
            options["mobileEmulation"] = [
                "deviceMetrics": ["width": size.width, "height": size.height, "pixelRatio": 2, "touch": true]
            ]
        }
        let made = try await Browser.call(
            "POST",
            root,
            [
                "capabilities": [
                    "alwaysMatch": [
                        "browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
                    ]
                ]
            ]
        )
        guard let id = (made as? [String: Any])?["sessionId"] as? String else { throw Complaint("no session: \(made)") }
        session = "\(root)/\(id)"
    }

    func close() async {
        _ = try? await Browser.call("DELETE", session)
        _ = await driver.end(by: SIGTERM)
    }

    /// Foundation's own client cannot read the heads of chromedriver's answers.
    private static func call(_ method: String, _ address: String, _ body: [String: Any]? = nil) async throws -> Any {
        guard let url = URL(string: address), let port = url.port else { throw Complaint("no URL: \(address)") }
        let data = method == "POST" ? try JSONSerialization.data(withJSONObject: body ?? [:]) : Data()
        let connection = try RawConnection(port: port)
        connection.send(
            "\(method) \(url.path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(data.count)\r\nConnection: close\r\n\r\n"
        )
        connection.send(Array(data))
        let text = await connection.readAnswer()
        guard let head = text.firstRange(of: "\r\n\r\n") else { throw Complaint("no answer from chromedriver") }
        let answer = try JSONSerialization.jsonObject(with: Data(text[head.upperBound...].utf8)) as? [String: Any]
        let value = answer?["value"] ?? NSNull()
        if let failure = value as? [String: Any], let error = failure["error"] as? String {
            throw Complaint("\(error): \(failure["message"] ?? "")")
        }
        return value
    }

    func open(_ address: String) async throws {
        _ = try await Browser.call("POST", "\(session)/url", ["url": address])
    }

    var address: String { get async throws { try await Browser.call("GET", "\(session)/url") as? String ?? "" } }
    var title: String { get async throws { try await Browser.call("GET", "\(session)/title") as? String ?? "" } }

    /// What a script returns.
    func run(_ script: String) async throws -> Any {
        try await Browser.call("POST", "\(session)/execute/sync", ["script": script, "args": [Any]()])
    }

    func signIn(_ server: WebServer, at path: String = "/") async throws {
        try await open(server.url + path)
        guard try await title == "Sign in · Dunlin" else { throw Complaint("the page asks nobody to sign in") }
        try await type(server.token ?? "", into: "#token")
        try await click("main form button")
        try await eventually("one is signed in") { try await title != "Sign in · Dunlin" }
    }

    func text(_ selector: String = "main") async throws -> String {
        try await run("const e = document.querySelector(\(Browser.quoted(selector))); return e ? e.innerText : ''")
            as? String ?? ""
    }

    func count(_ selector: String) async throws -> Int {
        try await run("return document.querySelectorAll(\(Browser.quoted(selector))).length") as? Int ?? -1
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }

    private func element(_ selector: String) async throws -> String {
        let found = try await Browser.call("POST", "\(session)/element", ["using": "css selector", "value": selector])
        guard let id = (found as? [String: Any])?.values.first as? String else { throw Complaint("no \(selector)") }
        return "\(session)/element/\(id)"
    }

    func click(_ selector: String) async throws {
        // What the page has renewed between the look and the click was not clicked: it is looked for again.
        try await eventually("\(selector) stays for a click") {
            do {
                _ = try await Browser.call("POST", "\(try await self.element(selector))/click")
                return true
            } catch let complaint as Complaint where complaint.description.hasPrefix("stale element reference") {
                return false
            }
        }
    }

    func type(_ text: String, into selector: String) async throws {
        let element = try await element(selector)
        _ = try await Browser.call("POST", "\(element)/clear")
        _ = try await Browser.call("POST", "\(element)/value", ["text": text])
    }

    /// Presses keys on the keyboard alone; `\u{E004}` is Tab and `\u{E007}` is Enter.
    func press(_ keys: String) async throws {
        let strokes = keys.flatMap { key in
            [["type": "keyDown", "value": String(key)], ["type": "keyUp", "value": String(key)]]
        }
        _ = try await Browser.call(
            "POST",
            "\(session)/actions",
            ["actions": [["type": "key", "id": "keyboard", "actions": strokes] as [String: Any]]]
        )
    }

    /// What the console holds that is worse than a note.
    func complaints() async throws -> [String] {
        let entries = try await Browser.call("POST", "\(session)/se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return entries.filter { ["SEVERE", "WARNING"].contains($0["level"] as? String) }.map {
            "\($0["message"] ?? "")"
        }
    }

    /// The hosts that were asked for anything.
    func hosts() async throws -> Set<String> {
        let entries =
            try await Browser.call("POST", "\(session)/se/log", ["type": "performance"]) as? [[String: Any]] ?? []
        var hosts: Set<String> = []
        for entry in entries {
            guard let text = entry["message"] as? String, text.contains("Network.requestWillBeSent"),
                let match = text.firstMatch(of: /"url":"([a-z]+):\/\/([^\/"]+)/)
            else { continue }
            hosts.insert(String(match.output.2))
        }
        return hosts
    }

    /// A picture of the page, as PNG.
    func picture() async throws -> Data {
        let text = try await Browser.call("GET", "\(session)/screenshot") as? String ?? ""
        return Data(base64Encoded: text) ?? Data()
    }
}
