import Foundation
import TestSupport
import Testing

@Suite("dunlin demo")
struct DemoTests {
    @Test("shows reminders in every tone in a folder of its own, and touches nothing else")
    func tour() async throws {
        let site = try Site(nil)
        let manager = FileManager.default
        try manager.createDirectory(atPath: site.folder.path("tmp"), withIntermediateDirectories: false)
        let demo = try await site.dunlin("demo", environment: ["TMPDIR": site.folder.path("tmp")])
        #expect(demo.code == 0, "\(demo.errors)")
        #expect(!demo.output.contains("\u{1b}"))
        #expect(try manager.contentsOfDirectory(atPath: site.folder.path) == ["tmp"])
        let folders = try manager.contentsOfDirectory(atPath: site.folder.path("tmp"))
        let folder = try #require(folders.first)
        #expect(folders.count == 1)
        #expect(demo.output.contains("\(folder)/outbox/"))
        let outbox = site.folder.path("tmp/\(folder)/outbox")
        let files = try manager.contentsOfDirectory(atPath: outbox).map { "\(outbox)/\($0)" }
        #expect(files.count > 100)
        for mail in try await ReceivedMail.read(files) { #expect(mail.defects == [], "\(mail.subject)") }
    }
}
