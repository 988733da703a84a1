import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Messaging
import NIOCore

/// Templates on the page: what there is, and how it looks by tone, locale, brand and sample.
struct TemplatePageRoutes {
    let backend: Backend
    let page: Page

    var routes: [Route] {
        [
            Route(.get, "/templates", .session([.read])) { try await list($0, $1) },
            Route(.get, "/templates/{name}", .session([.read])) { try await show($0, $1) },
            Route(.get, "/templates/{name}/parts", .session([.read])) { try parts($0, $1) },
            Route(.get, "/templates/{name}/parts/{part}", .session([.read])) { try part($0, $1) },
        ]
    }

    private func list(_ request: Request, _ context: ServerContext) async throws -> Response {
        let sets = backend.composer.templates.sets.values.sorted { $0.name < $1.name }
        let value = try await page.value(
            "Templates",
            .templates,
            request,
            context,
            ["has_templates": .flag(!sets.isEmpty), "templates": sets.list(\.value)]
        )
        return try page.response(.templates, value, request)
    }

    private func set(_ context: ServerContext) throws -> TemplateSet {
        guard let name = context.parameters.get("name")?.removingPercentEncoding,
            let set = backend.composer.templates.sets[name]
        else { throw Problem.notFound("template") }
        return set
    }

    /// What the form asks for.
    private struct Wish {
        let tone: String?
        let locale: String?
        let brand: String?
        let sample: String

        init(_ request: Request, _ set: TemplateSet) {
            let form = Form(request.uri.query ?? "")
            tone = form["tone"]
            locale = form["locale"]
            brand = form["brand"]
            sample = form["sample"] ?? set.sample.indented
        }

        var query: String {
            Words.query([("tone", tone ?? ""), ("locale", locale ?? ""), ("brand", brand ?? ""), ("sample", sample)])
        }
    }

    private func render(_ wish: Wish, _ set: TemplateSet) throws(Rejection) -> [RenderedPart] {
        let vars: JSONValue
        do {
            vars = try JSONValue.parse(wish.sample)
        } catch {
            throw Rejection("Variables", "no valid JSON: \(error)")
        }
        guard vars.kind == .object else { throw Rejection("Variables", "an object is expected") }
        return try backend.composer.preview(
            template: set.name,
            tone: wish.tone,
            locale: wish.locale,
            brand: wish.brand,
            vars: vars
        )
    }

    private func value(_ wish: Wish, _ set: TemplateSet) -> (value: PageValue, isFine: Bool) {
        do throws(Rejection) {
            let parts = try render(wish, set).list { part in
                part.value(source: "/templates/\(Words.encoded(set.name))/parts/\(part.name)?\(wish.query)")
            }
            return (["parts_fault": "", "parts": parts], true)
        } catch {
            return (["parts_fault": .text(error.description), "parts": []], false)
        }
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        let set = try set(context)
        let wish = Wish(request, set)
        let brand = wish.brand ?? backend.brands.first ?? ""
        let settings = backend.composer.brands[brand]
        func choices(_ all: [String], _ chosen: String?) -> PageValue {
            all.list { ["value": .text($0), "is_selected": .flag($0 == chosen)] }
        }
        let locales = Array(Set(set.allVariants.map(\.locale))).sorted()
        let own: PageValue = [
            "name": .text(set.name), "href": .text("/templates/\(Words.encoded(set.name))"),
            "category": .text(set.category), "description": .text(set.description), "problems": set.problems,
            "tones": choices(set.variants.keys.sorted(), wish.tone ?? settings?.tone),
            "locales": choices(locales, wish.locale ?? settings?.locale), "brands": choices(backend.brands, brand),
            "sample": .text(wish.sample),
        ]
        let value = try await page.value(set.name, .templates, request, context, own.adding(value(wish, set).value))
        return try page.response(.template, value, request)
    }

    private func parts(_ request: Request, _ context: ServerContext) throws -> Response {
        let set = try set(context)
        let (value, isFine) = value(Wish(request, set), set)
        return try page.response(.templateParts, value, request, status: isFine ? .ok : .unprocessableContent)
    }

    private func part(_ request: Request, _ context: ServerContext) throws -> Response {
        let set = try set(context)
        let name = context.parameters.get("part")
        guard let part = try render(Wish(request, set), set).first(where: { $0.name == name }), part.isHTML else {
            throw Problem.notFound("part")
        }
        return Page.part(part.bytes)
    }
}

extension TemplateSet {
    fileprivate var problems: PageValue { allVariants.flatMap(\.faults).list { ["text": .text($0)] } }

    fileprivate var value: PageValue {
        let channels = Set(allVariants.flatMap(\.parts.keys).map { String($0.split(separator: ".")[0]) })
        return [
            "name": .text(name), "href": .text("/templates/\(Words.encoded(name))"), "category": .text(category),
            "description": .text(description), "tones": .text(variants.keys.sorted().joined(separator: ", ")),
            "locales": .text(Array(Set(allVariants.map(\.locale))).sorted().joined(separator: ", ")),
            "parts": .text(channels.subtracting(["subject"]).sorted().joined(separator: ", ")), "problems": problems,
        ]
    }
}
