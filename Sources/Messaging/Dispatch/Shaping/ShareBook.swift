import HeapModule

/// What there is to claim: the shares of a channel in which something waits, and when each is worth a look.
///
/// Parked shares stand in a heap by that time, so that ten thousand limited domains cost nothing until one may go on.
struct ShareBook: Sendable {
    /// A share that a limit keeps.
    private struct Parked {
        var count: Int
        /// When it is looked at again; an entry of the heap with another time is void.
        var wakesAt: UInt64
        /// What it was served, by its brand's weight: of those that share a limit, who was served least goes first.
        var served: Double
    }

    private struct Wake: Comparable {
        let at: UInt64
        let share: Share

        static func < (left: Wake, right: Wake) -> Bool { left.at < right.at }
        static func == (left: Wake, right: Wake) -> Bool { left.at == right.at }
    }

    /// Brands that are known: when their next message is due, milliseconds UTC; 0 for now or unknown.
    private var brands: [String: Int64] = [:]
    private var parked: [Share: Parked] = [:]
    private var wakes = Heap<Wake>()
    /// When a brand that is due and has no room is worth asking again.
    private var brandWakesAt: UInt64?
    private var fair = FairShare()
    private var turns = 0
    private var aging: [String: Int] = [:]

    /// Of so many claims of a brand one goes to whoever has waited longest.
    static let agedPart = 10
    /// Parked shares that are asked in one turn.
    static let mostAsked = 256

    // MARK: - What is known

    /// Something of the brand is due then.
    mutating func notice(_ brand: String, due: Int64) {
        brands[brand] = min(brands[brand] ?? due, due)
    }

    /// Messages of a share were found in the database.
    mutating func find(_ share: Share, _ count: Int, now: UInt64) {
        brands[share.brand] = 0
        if share.limit != nil { park(share, count, now: now) }
    }

    /// A claim that was asked for was not made.
    mutating func retry(_ share: Share, at time: UInt64) {
        if share.limit == nil { return notice(share.brand, due: 0) }
        if parked[share] != nil { schedule(share, at: time) }
    }

    mutating func park(_ share: Share, _ count: Int, now: UInt64) {
        if parked[share] != nil {
            parked[share]?.count += count
        } else {
            let least = parked.isEmpty ? 0 : parked.count > 1000 ? 0 : parked.values.map(\.served).min() ?? 0
            parked[share] = Parked(count: count, wakesAt: now, served: least)
            wakes.insert(Wake(at: now, share: share))
        }
    }

    /// Something may have made room for it.
    mutating func wake(_ share: Share, at time: UInt64) {
        guard let entry = parked[share], entry.wakesAt > time else { return }
        schedule(share, at: time)
    }

    private mutating func schedule(_ share: Share, at time: UInt64) {
        parked[share]?.wakesAt = time
        wakes.insert(Wake(at: time, share: share))
    }

    /// What a claim found.
    ///
    /// - Parameter nextDue: `nil` where it was filled; else when the next message is due, if ever.
    /// - Returns: how many fewer are parked than was thought.
    mutating func took(_ share: Share, _ count: Int, nextDue: Int64??, weight: Double, wake: UInt64) -> Int {
        guard share.limit != nil else {
            if let nextDue { brands[share.brand] = nextDue ?? .max }
            return 0
        }
        guard var entry = parked[share] else { return 0 }
        if case .some(.none) = nextDue {
            parked[share] = nil
            return entry.count
        }
        entry.count = max(1, entry.count - count)
        entry.served += Double(count) / weight
        parked[share] = entry
        schedule(share, at: wake)
        return count
    }

    // MARK: - What to claim

    /// - Parameters:
    ///   - room: how many the channel's lanes can take.
    ///   - weight: of a brand.
    ///   - grant: how many of a share its limits let start, up to a number.
    ///   - hasRoom: whether they let one start.
    ///   - wake: when a share without room is worth asking again.
    mutating func requests(
        _ channel: Channel,
        room: Int,
        now: UInt64,
        wall: Int64,
        weight: (String) -> Double,
        grant: (Share, Int) -> Int,
        hasRoom: (Share) -> Bool,
        wake: (Share) -> UInt64
    ) -> [(share: Share, limit: Int, aged: Int)] {
        brandWakesAt = nil
        var ready: [String: [Share]] = [:]
        var asked = 0
        while asked < ShareBook.mostAsked, let next = wakes.min, next.at <= now {
            _ = wakes.popMin()
            guard parked[next.share]?.wakesAt == next.at else { continue }
            asked += 1
            guard hasRoom(next.share) else {
                schedule(next.share, at: wake(next.share))
                continue
            }
            ready[next.share.brand, default: []].append(next.share)
        }
        // Who may send nothing takes no part: the others would wait for its turns.
        var due: Set<String> = []
        for brand in brands.keys where (brands[brand] ?? .max) <= wall {
            let share = Share(channel: channel, brand: brand)
            if hasRoom(share) { due.insert(brand) } else { brandWakesAt = min(brandWakesAt ?? .max, wake(share)) }
        }
        let active = due.union(ready.keys).sorted()
        guard !active.isEmpty else { return [] }
        turns += 1
        let grants = fair.grants(room, active.map { ($0, weight($0)) })
        var requests: [(share: Share, limit: Int, aged: Int)] = []
        for (brand, granted) in zip(active, grants) {
            let isDue = due.contains(brand)
            var left = granted
            var forParked = isDue && granted > 0 ? max(granted / 2, turns % 2) : granted
            for share in (ready[brand] ?? []).sorted(by: { served($0) < served($1) }) {
                let count = forParked > 0 ? grant(share, min(left, forParked)) : 0
                if count > 0 {
                    forParked -= count
                    left -= count
                    requests.append((share, count, aged(share.name, count)))
                } else {
                    schedule(share, at: forParked > 0 ? wake(share) : now)
                }
            }
            guard isDue, left > 0 else { continue }
            let share = Share(channel: channel, brand: brand)
            let count = grant(share, left)
            if count > 0 {
                requests.append((share, count, aged(brand, count)))
            } else {
                brandWakesAt = min(brandWakesAt ?? .max, wake(share))
            }
        }
        return requests
    }

    private func served(_ share: Share) -> Double { parked[share]?.served ?? 0 }

    private mutating func aged(_ name: String, _ count: Int) -> Int {
        let sum = (aging[name] ?? 0) + count
        aging[name] = sum % ShareBook.agedPart
        if aging.count > 10_000 { aging = [:] }
        return sum / ShareBook.agedPart
    }

    // MARK: - When

    /// Whether something is worth claiming now.
    func isDue(now: UInt64, wall: Int64) -> Bool {
        brands.values.contains { $0 <= wall } || (wakes.min.map { $0.at <= now } ?? false)
    }

    /// When the next message of an unlimited share is due, if one is known not to be due yet.
    func nextDue(after wall: Int64) -> Int64? { brands.values.filter { $0 > wall && $0 < .max }.min() }

    var nextWake: UInt64? { [wakes.min?.at, brandWakesAt].compactMap(\.self).min() }

    var parkedShares: [Share] { Array(parked.keys) }

    /// Brands of which something is due.
    func dueBrands(_ wall: Int64) -> [String] { brands.filter { $0.value <= wall }.map(\.key) }
}
