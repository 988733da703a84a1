public import JSON

/// What a system name such as `recipient` or `opt_out_url` stands for.
public enum SystemValue: Sendable {
    case text(String)
    case json(JSONValue)
}
