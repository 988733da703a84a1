import Curl
public import Logging
public import ServiceLifecycle
import Synchronization

/// Looks into a mailbox for what came in. Each mail is kept durably before the mailbox hears that it was taken; one that comes twice
/// is known.
public final class MailboxPoller: Service {
    private let desk: InboundDesk
    private let settings: IMAPSettings
    private let every: Int
    private let deletes: Bool
    private let token: TokenCommand?
    private let logger: Logger
    private let alarm = Inbox()
    private let stopping = Atomic<Bool>(false)

    /// - Parameters:
    ///   - secret: the installation's.
    ///   - folder: where relative paths start.
    public init(
        _ inbound: InboundSettings,
        folder: String,
        queue: Queue,
        secret: String,
        logger: Logger
    ) throws(Rejection) {
        settings = try inbound.settings("inbound", folder: folder)
        every = Int((inbound.every ?? InboundSettings.often).milliseconds)
        deletes = inbound.after == .delete
        token = inbound.tokenCommand.map(TokenCommand.init)
        desk = InboundDesk(queue: queue, secret: secret)
        self.logger = logger
    }

    public func run() async throws {
        await withGracefulShutdownHandler {
            var isFailing = false
            while !stopping.load(ordering: .acquiring) {
                do {
                    let count = try await round(afterRefusal: isFailing)
                    if isFailing { logger.notice("the mailbox can be read again") }
                    isFailing = false
                    if count > 0 { logger.info("mails were taken in", metadata: ["count": "\(count)"]) }
                } catch {
                    // Told once, and not every minute.
                    let level: Logger.Level = isFailing ? .debug : .error
                    logger.log(level: level, "the mailbox cannot be read: \(error)")
                    isFailing = true
                }
                await alarm.wait(milliseconds: every)
            }
        } onGracefulShutdown: {
            self.stopping.store(true, ordering: .releasing)
            self.alarm.raise()
        }
    }

    /// Takes in what is new.
    ///
    /// - Parameter afterRefusal: a fresh token is fetched.
    /// - Returns: how many there were.
    @discardableResult
    public func round(afterRefusal: Bool = false) async throws -> Int {
        var settings = settings
        settings.bearerToken = try await token?.fetch(afterRefusal: afterRefusal)
        let mailbox = IMAPMailbox(settings, largest: InboundDesk.largest, deletes: deletes)
        let (desk, logger) = (desk, logger)
        return try await mailbox.round(while: { !self.stopping.load(ordering: .acquiring) }) { mail in
            switch mail {
            case .whole(let bytes): _ = try await desk.take(bytes)
            case .tooLarge:
                logger.warning(
                    "a mail of more than \(InboundDesk.largest >> 20) MiB was not read, and is left in the mailbox"
                )
            }
        }
    }

    /// How many mails wait in a mailbox.
    public static func count(_ inbound: InboundSettings, folder: String) async throws -> Int {
        var settings = try inbound.settings("inbound", folder: folder)
        settings.bearerToken = try await inbound.tokenCommand.map(TokenCommand.init)?.fetch(afterRefusal: false)
        return try await IMAPMailbox(settings, largest: InboundDesk.largest, deletes: false).count()
    }
}
