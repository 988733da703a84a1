import JSON
import Templating

/// The page's own templates, compiled once; they are part of the program.
struct PageTemplates: Sendable {
    enum Name: String, CaseIterable {
        case ask, compliance, error, lanes, message, messages, overview, signin, task, tasks, template, templates
        case optOut = "opt_out"
        case optOuts = "opt_outs"
        case messageLive = "message_live"
        case messagesLive = "messages_live"
        case overviewLive = "overview_live"
        case templateParts = "template_parts"
    }

    private static let partials: [String: [UInt8]] = [
        "foot": PackageResources.foot_html, "head": PackageResources.head_html,
        "health": PackageResources.health_html, "limits": PackageResources.limits_html,
        "mark": PackageResources.mark_html,
        "pages": PackageResources.pages_html, "parts": PackageResources.parts_html,
        "pulse": PackageResources.pulse_html, "message_live": PackageResources.message_live_html,
        "messages_live": PackageResources.messages_live_html, "overview_live": PackageResources.overview_live_html,
        "template_parts": PackageResources.template_parts_html,
    ]

    private static func source(_ name: Name) -> [UInt8] {
        switch name {
        case .ask: PackageResources.ask_html
        case .compliance: PackageResources.compliance_html
        case .error: PackageResources.error_html
        case .lanes: PackageResources.lanes_html
        case .message: PackageResources.message_html
        case .messages: PackageResources.messages_html
        case .overview: PackageResources.overview_html
        case .signin: PackageResources.signin_html
        case .task: PackageResources.task_html
        case .tasks: PackageResources.tasks_html
        case .template: PackageResources.template_html
        case .templates: PackageResources.templates_html
        case .optOut: PackageResources.opt_out_html
        case .optOuts: PackageResources.opt_outs_html
        case .messageLive: PackageResources.message_live_html
        case .messagesLive: PackageResources.messages_live_html
        case .overviewLive: PackageResources.overview_live_html
        case .templateParts: PackageResources.template_parts_html
        }
    }

    private let templates: [Name: Template]

    init() throws {
        let source = PartialSource { name in
            PageTemplates.partials[name].map { .init(source: $0, file: "\(name).html") }
        }
        templates = try Dictionary(
            uniqueKeysWithValues: Name.allCases.map { name in
                (
                    name,
                    try Template(
                        parsing: PageTemplates.source(name),
                        file: "\(name.rawValue).html",
                        escaping: .html,
                        partials: source
                    )
                )
            }
        )
    }

    func render(_ name: Name, _ value: PageValue) throws -> [UInt8] {
        guard let template = templates[name] else { return [] }
        var writer = JSONWriter()
        value.write(to: &writer)
        return try template.render(TemplateContext(vars: try JSONValue.parse(writer.bytes)))
    }
}
