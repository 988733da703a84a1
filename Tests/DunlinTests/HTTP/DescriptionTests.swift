import Foundation
import TestSupport
import Testing

/// The API's description, the metrics and what is shipped beside them, held against the programs that read them.
@Suite("What the server says of itself")
struct DescriptionTests {
    @Test("schemathesis finds no answer that the OpenAPI file does not describe, and none that is 5xx")
    func openAPI() async throws {
        let server = try await WebServer(try Site(Site.brands), scopes: "enqueue,read,operate,comply")
        _ = try await server.enqueue(Mail("a"))
        let environment = Child.environment.merging([
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": "\(Installed.repository)/Tests/DunlinTests/Support/peers",
            "PYTHONDONTWRITEBYTECODE": "1",
        ]) { $1 }
        let program = URL(fileURLWithPath: Installed.python).deletingLastPathComponent().appendingPathComponent(
            "schemathesis"
        )
        let folder = try TemporaryFolder()
        let outcome = try await Child(
            program.path,
            [
                "run", "\(server.url)/openapi.yaml", "-H", "Authorization: Bearer \(server.token ?? "")",
                "--max-examples",
                "\(15 * TestSize.factor)", "--phases", "examples,coverage,fuzzing,stateful", "--seed", "1",
                "--no-color",
                "--generation-deterministic", "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
                    + "response_schema_conformance,unsupported_method,ignored_auth",
            ],
            in: folder,
            environment: environment
        ).end()
        #expect(outcome.code == 0, "\(outcome.output.suffix(6000))\n\(outcome.errors.suffix(2000))")
        #expect(!server.child.errors.contains(" error "), "\(server.child.errors)")
    }

    @Test("every route of the API is described, and everything described is a route")
    func routes() async throws {
        let server = try await WebServer(try Site(nil))
        let described: [String: [String]] = try await Installed.python(
            "openapi_paths",
            [
                "\(Installed.repository)/Sources/Server/API/openapi.yaml"
            ]
        )
        for (path, methods) in described {
            let address = path.replacing("{id}", with: "1").replacing("{name}", with: "invoice-issued")
            let reply = try await server.send("OPTIONS", address)
            #expect(reply.status == 405, "\(path)")
            let allowed = Set((reply.header("Allow") ?? "").split(separator: ", ").map(String.init)).subtracting([
                "HEAD"
            ])
            #expect(allowed == Set(methods), "\(path)")
        }
        let sources = try FileManager.default.contentsOfDirectory(atPath: "\(Installed.repository)/Sources/Server/API")
        var written: Set<String> = []
        for file in sources where file.hasSuffix("Routes.swift") || file.hasSuffix("Route.swift") {
            let text = try String(contentsOfFile: "\(Installed.repository)/Sources/Server/API/\(file)", encoding: .utf8)
            for match in text.matches(of: /Route\(\.[a-z]+, "([^"\\]+)"/) { written.insert(String(match.output.1)) }
        }
        #expect(written.count > 15)
        for path in written { #expect(described[path] != nil, "\(path) is not described") }
    }

    @Test("Prometheus reads the metrics, finds nothing to complain of, and all that the alerts and the board ask for")
    func metrics() async throws {
        let sink = try await Peer.sink()
        let site = try Site(sendingTo: sink.url)
        let server = try await WebServer(site)
        _ = try await server.enqueue(Mail("a"), Mail("b"))
        try await eventually("both arrive") { sink.count == 2 }
        try await eventually("both are counted") {
            try await server.get("/metrics").text.contains(#"outcome="accepted",reason=""} 2"#)
        }
        let reply = try await server.get("/metrics")
        #expect(reply.type == "text/plain; version=0.0.4; charset=utf-8")
        let check = try await Child("promtool", ["check", "metrics"], input: reply.text).end()
        #expect(check.code == 0, "\(check.output) \(check.errors)")
        #expect(reply.text.contains(#"dunlin_storage_seconds_count{operation="accept"} 1"#))
        let shipped = "\(Installed.repository)/deploy"
        let rules = try String(contentsOfFile: "\(shipped)/prometheus/alerts.yml", encoding: .utf8)
        let board = try String(contentsOfFile: "\(shipped)/grafana/dunlin.json", encoding: .utf8)
        // Made when what they count happens for the first time.
        let later: Set = ["dunlin_backpressure_total", "dunlin_limiter_waits_total"]
        for match in (rules + board).matches(of: /\b(dunlin|process)_[a-z_]+/) {
            let name = String(match.output.0).replacing(/_(bucket|sum|count)$/, with: "")
            #expect(reply.text.contains("# TYPE \(name) ") || later.contains(name), "\(name)")
        }
    }

    @Test("the alert rules are valid, fire when they should, and are silent when they should not")
    func alerts() async throws {
        let folder = "\(Installed.repository)/deploy/prometheus"
        for arguments in [["check", "rules", "\(folder)/alerts.yml"], ["test", "rules", "\(folder)/alerts_test.yml"]] {
            let outcome = try await Child("promtool", arguments).end()
            #expect(outcome.code == 0, "\(outcome.output) \(outcome.errors)")
        }
    }
}
