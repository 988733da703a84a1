import Foundation
import TestSupport

@testable import Messaging

/// A folder of templates, written for one test.
struct TemplateFolder {
    private let folder: TemporaryFolder

    /// - Parameter files: texts by path, such as `hello/friendly.en.email.txt`.
    init(_ files: [String: String]) throws {
        folder = try TemporaryFolder()
        for (path, text) in files {
            let file = URL(fileURLWithPath: "\(folder.path)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
    }

    var path: String { folder.path }

    var templates: TemplateLibrary { TemplateLibrary(folder: folder.path) }

    /// A composer with these templates and two brands, `acme` (friendly, en) and `zenith` (formal, de).
    func composer() throws -> Composer {
        var acme = BrandSettings(name: "Acme", from: "Acme <billing@acme.example>", postalAddress: "1 Main Street")
        acme.tone = "friendly"
        var zenith = BrandSettings(name: "Zenith", from: "office@zenith.example", postalAddress: "2 High Road")
        zenith.tone = "formal"
        zenith.locale = "de"
        return Composer(library: templates, brands: try Brand.all(["acme": acme, "zenith": zenith]), secret: "secret")
    }
}
