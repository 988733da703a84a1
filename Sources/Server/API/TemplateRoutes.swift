import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Messaging

/// `/v1/templates`: what there is, how it looks, and whether a text would do.
struct TemplateRoutes {
    let backend: Backend

    var routes: [Route] {
        [
            Route(.get, "/v1/templates", .scopes([.read])) { request, _ in try list(request) },
            Route(.get, "/v1/templates/{name}", .scopes([.read])) { try show($0, $1) },
            Route(.post, "/v1/templates/{name}/preview", .scopes([.read])) { try await preview($0, $1) },
            Route(.post, "/v1/templates/check", .scopes([.read])) { request, _ in try await check(request) },
        ]
    }

    private func list(_ request: Request) throws -> Response {
        _ = try Query(request, known: [])
        let sets = backend.composer.templates.sets.values.sorted { $0.name < $1.name }
        return .json { writer in
            writer.beginObject()
            writer.name("templates")
            writer.beginArray()
            for set in sets { set.write(to: &writer, withSample: false) }
            writer.endArray()
            writer.endObject()
        }
    }

    private func set(_ context: ServerContext) throws -> TemplateSet {
        guard let name = context.parameters.get("name")?.removingPercentEncoding,
            let set = backend.composer.templates.sets[name]
        else {
            throw Problem.notFound("template")
        }
        return set
    }

    private func show(_ request: Request, _ context: ServerContext) throws -> Response {
        _ = try Query(request, known: [])
        let set = try set(context)
        return .json { set.write(to: &$0, withSample: true) }
    }

    private func preview(_ request: Request, _ context: ServerContext) async throws -> Response {
        let name = try set(context).name
        let body = try await JSONBody(request, known: ["tone", "locale", "brand", "vars"], isOptional: true)
        let parts = try backend.composer.preview(
            template: name,
            tone: try body.text("tone"),
            locale: try body.text("locale"),
            brand: try body.text("brand"),
            vars: try body.object("vars")
        )
        return .json { RenderedPart.write(parts, to: &$0) }
    }

    private func check(_ request: Request) async throws -> Response {
        let body = try await JSONBody(request, known: ["part", "text", "sample"])
        guard let text = body["text"]?.string else { throw Problem(Rejection("text", "a string is expected")) }
        let problems = try backend.composer.problems(
            part: try body.required("part"),
            text: Array(text.utf8),
            sample: try body.object("sample")
        )
        return .json { writer in
            writer.beginObject()
            writer.member("valid", problems.isEmpty)
            writer.name("problems")
            writer.beginArray()
            for problem in problems { writer.string(problem) }
            writer.endArray()
            writer.endObject()
        }
    }
}

extension TemplateSet {
    fileprivate func write(to writer: inout JSONWriter, withSample: Bool) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("category", category)
        writer.member("description", description)
        writer.name("variants")
        writer.beginArray()
        for variant in allVariants {
            writer.beginObject()
            writer.member("tone", variant.tone)
            writer.member("locale", variant.locale)
            writer.name("parts")
            writer.beginArray()
            for part in variant.parts.keys.sorted() { writer.string(part) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.name("problems")
        writer.beginArray()
        for problem in allVariants.flatMap(\.faults) { writer.string(problem) }
        writer.endArray()
        if withSample { writer.member("sample", sample) }
        writer.endObject()
    }

    var allVariants: [Variant] {
        variants.values.flatMap(\.values).sorted { ($0.tone, $0.locale) < ($1.tone, $1.locale) }
    }
}
