import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Messaging

/// How things stand: `/v1/status`, `/v1/me`, the probes, and the description of the API itself.
struct StatusRoutes {
    let backend: Backend
    let reports: StatusCache
    let readiness: Readiness

    var routes: [Route] {
        [
            Route(.get, "/v1/status", .scopes([.read])) { request, _ in
                _ = try Query(request, known: [])
                let report = try await reports.report()
                return .json { report.write(to: &$0) }
            },
            Route(.get, "/v1/me", .token) { request, context in
                _ = try Query(request, known: [])
                return .json { context.caller.write(to: &$0) }
            },
            Route(.get, "/livez", .open) { _, _ in .bytes(Array("ok\n".utf8), type: "text/plain; charset=utf-8") },
            Route(.get, "/readyz", .open) { _, _ in
                if let reason = await readiness.reason(backend) {
                    throw Problem.later(.serviceUnavailable, seconds: 5, reason)
                }
                return .bytes(Array("ready\n".utf8), type: "text/plain; charset=utf-8")
            },
            Route(.get, "/openapi.yaml", .open) { _, _ in
                .bytes(PackageResources.openapi_yaml, type: "application/yaml")
            },
        ]
    }
}

extension Caller {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.name("scopes")
        writer.beginArray()
        for scope in Scope.allCases where scopes.contains(scope) { writer.string(scope.rawValue) }
        writer.endArray()
        writer.member("test", isTest)
        writer.endObject()
    }
}
