public import Storage

/// The persistent queue: every change of a message's state goes through here.
///
/// What a change decides is decided by values (``Gate``, ``Settlement``) that are given the time of the transaction.
public struct Queue: Sendable {
    let database: any Database
    /// Nothing is accepted or claimed while the disk has less room than this, so that outcomes can still be written.
    let reservedBytes: Int64
    /// What the gate asks of each brand's messages.
    let policies: CompliancePolicies
    /// Rung after every change that gives a worker of the same process something to do.
    let bell = Bell()

    public init(
        _ database: any Database,
        reservedBytes: Int64 = 32 << 20,
        policies: CompliancePolicies = CompliancePolicies([:])
    ) {
        self.database = database
        self.policies = policies
        self.reservedBytes = reservedBytes
    }

    /// Whether messages are accepted now; throws where the database cannot be read.
    public func accepts() async throws -> Bool {
        _ = try await database.read { try Nodes.newest($0) }
        guard let free = database.freeBytes() else { return true }
        return free >= reservedBytes
    }

    /// Throws ``StorageError/Code/diskFull`` when the disk is nearly full.
    func requireRoom() throws {
        guard let free = database.freeBytes(), free < reservedBytes else { return }
        throw StorageError(
            .diskFull,
            "only \(free >> 20) MiB are free where the database is kept (\(reservedBytes >> 20) MiB are reserved for "
                + "outcomes): make room; work goes on by itself"
        )
    }
}
