import Foundation

/// The repository that the tests stand in.
enum Repository {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    /// The texts of the Swift files below a folder, by path.
    static func swiftFiles(_ folder: String) throws -> [String: String] {
        let root = "\(Repository.folder)/\(folder)"
        var files: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) where path.hasSuffix(".swift") {
            files["\(folder)/\(path)"] = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
        }
        return files
    }
}
