import Messaging
import Storage

/// Reads a standing order from named fields: of a JSON body, or of a form.
struct LaneOrder {
    typealias Field = (String) throws -> String?

    let backend: Backend
    /// Who gives it.
    let origin: String

    init(_ backend: Backend, by origin: String) {
        self.backend = backend
        self.origin = origin
    }

    /// The fields: `channel`; one of `lane`, `brand`, `domain`; `category`, `template`; `reason`, `rate`, `from`, `for`.
    func read(_ field: Field) throws -> Pause {
        var order = try subject(field)
        order.reason = try required("reason", field)
        if let text = try field("rate") {
            guard let rate = RateSettings(text) else {
                throw Problem(Rejection("rate", "'\(text)' is no rate: write it like 10/s, 600/min or 100/h"))
            }
            guard order.category == nil, order.template == nil else {
                throw Problem(Rejection("rate", "it is for lanes, brands and domains"))
            }
            order.rate = rate
        }
        order.begins = backend.clock.now()
        if let text = try field("from") {
            guard let time = Timestamp.parse(text) else {
                throw Problem(Rejection("from", "it is no time: write it like 2026-12-24T18:00:00Z"))
            }
            order.begins = time
        }
        if let text = try field("for") {
            guard let span = TimeSpan(text) else {
                throw Problem(Rejection("for", "'\(text)' is no time: write it like 30m or 2h"))
            }
            order.until = order.begins + span.milliseconds
        }
        return order
    }

    /// What it is about.
    func subject(_ field: Field) throws -> Pause {
        let name = try required("channel", field)
        guard let channel = Channel(named: name) else {
            let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(Rejection("channel", "there is no channel '\(name)'; known: \(known)"))
        }
        let (lane, brand, domain) = (try field("lane"), try field("brand"), try field("domain"))
        guard [lane, brand, domain].compactMap(\.self).count <= 1 else {
            throw Problem(Rejection("", "name one: a lane, a brand or a domain"))
        }
        if let lane, !(backend.lanes[channel] ?? []).contains(lane) {
            let known = (backend.lanes[channel] ?? []).joined(separator: ", ")
            throw Problem(Rejection("lane", "\(name) has no transport '\(lane)'; it has: \(known)"))
        }
        if let brand, !backend.brands.contains(brand) {
            throw Problem(
                Rejection("brand", "there is no brand '\(brand)'; known: \(backend.brands.joined(separator: ", "))")
            )
        }
        if domain != nil, channel != .email { throw Problem(Rejection("domain", "it is for email")) }
        let (category, template) = (try field("category"), try field("template"))
        if category != nil || template != nil, lane != nil || domain != nil {
            throw Problem(Rejection("", "a category and a template go with a channel or a brand"))
        }
        do throws(Rejection) { try OptOut.Scope(category: category).check(brands: []) } catch { throw Problem(error) }
        return Pause(
            channel,
            lane: lane,
            brand: brand,
            domain: domain?.lowercased(),
            category: category,
            template: template,
            reason: "",
            by: origin
        )
    }

    private func required(_ name: String, _ field: Field) throws -> String {
        guard let text = try field(name), !text.isEmpty else { throw Problem(Rejection(name, "it is missing")) }
        return text
    }
}
