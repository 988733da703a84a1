import CCurl
import Glibc

/// What runs on the network thread: libcurl's multi handle, the sockets of open sessions, the residents' turns.
///
/// The sockets are in one epoll set. While libcurl has transfers to work on, the set is one more descriptor of
/// `curl_multi_poll`; else it is waited for directly, at one system call a turn however many sockets there are.
final class NetworkLoop {
    private static let longestWait: UInt64 = 60_000
    private static let mostEvents = 256
    private static let wakeupMark = UInt64.max

    /// For reading; valid until the next read of anyone.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)

    private let multi: UnsafeMutableRawPointer
    private let epoll: Int32
    private let wakeup: Int32
    private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: mostEvents)
    private var transfers: [UnsafeMutableRawPointer: (CURLcode) -> Void] = [:]
    private var residents: [(id: UInt64, resident: any NetworkResident)] = []
    private var sockets: [(any NetworkSocket)?] = []
    private var freePlaces: [Int] = []
    /// Places given up in this turn; events of their former sockets may still be at hand.
    private var freedPlaces: [Int] = []

    /// `wakeup` is an eventfd that others write to when the loop shall turn; the descriptors stay the caller's.
    init(multi: UnsafeMutableRawPointer, epoll: Int32, wakeup: Int32) {
        self.multi = multi
        self.epoll = epoll
        self.wakeup = wakeup
        _ = curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 10_000)
        control(EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue, mark: Self.wakeupMark)
    }

    deinit {
        scratch.deallocate()
        events.deallocate()
    }

    // MARK: - Residents

    func add(_ resident: some NetworkResident, id: UInt64) {
        residents.append((id, resident))
    }

    func remove(id: UInt64) {
        residents.removeAll { $0.id == id }
    }

    func resident<Resident: NetworkResident>(_ id: UInt64, as type: Resident.Type = Resident.self) -> Resident? {
        residents.first { $0.id == id }?.resident as? Resident
    }

    // MARK: - Transfers

    /// Lets libcurl work on a handle; `done` is called on this thread, never from within this call.
    func begin(_ handle: EasyHandle, done: @escaping (CURLcode) -> Void) {
        transfers[handle.pointer] = done
        curl_multi_add_handle(multi, handle.pointer)
    }

    /// Takes a handle out, with its connection when it has one; its `done` is not called any more.
    func end(_ handle: EasyHandle) {
        transfers[handle.pointer] = nil
        curl_multi_remove_handle(multi, handle.pointer)
    }

    private func perform() {
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let result = curl_message_result(message)
            transfers.removeValue(forKey: handle)?(result)
        }
    }

    // MARK: - Sockets

    func watch(_ socket: some NetworkSocket) {
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            sockets[place] = socket
        } else {
            place = sockets.count
            sockets.append(socket)
        }
        socket.place = place
        control(EPOLL_CTL_ADD, socket.descriptor, EPOLLIN.rawValue, mark: UInt64(place))
    }

    /// Chooses what to wait for; a socket that is watched anew is waited for until it is readable.
    func await(_ socket: some NetworkSocket, readable: Bool, writable: Bool) {
        guard let place = socket.place else { return }
        let events = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
        control(EPOLL_CTL_MOD, socket.descriptor, events, mark: UInt64(place))
    }

    /// To be called before the socket is closed.
    func unwatch(_ socket: some NetworkSocket) {
        guard let place = socket.place else { return }
        control(EPOLL_CTL_DEL, socket.descriptor, 0, mark: 0)
        sockets[place] = nil
        freedPlaces.append(place)
        socket.place = nil
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, mark: UInt64) {
        var event = epoll_event(events: events, data: epoll_data_t(u64: mark))
        epoll_ctl(epoll, operation, descriptor, &event)
    }

    // MARK: - Turns

    /// One turn: libcurl's transfers, the residents, then a wait until something comes or is due, if
    /// `maySleep` allows it.
    func turn(_ maySleep: () -> Bool) {
        if !transfers.isEmpty { perform() }
        let now = MonotonicClock.now()
        var due = UInt64.max
        for entry in residents { due = min(due, entry.resident.turn(now: now)) }
        freePlaces += freedPlaces
        freedPlaces.removeAll(keepingCapacity: true)
        let count = wait(until: maySleep() ? due : 0)
        for event in events[..<count] {
            if event.data.u64 == Self.wakeupMark {
                var value: UInt64 = 0
                _ = read(wakeup, &value, 8)
            } else if let socket = sockets[Int(event.data.u64)] {
                let isBroken = event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
                socket.ready(
                    isReadable: isBroken || event.events & EPOLLIN.rawValue != 0,
                    isWritable: isBroken || event.events & EPOLLOUT.rawValue != 0
                )
            }
        }
    }

    func abandon() {
        for (handle, done) in transfers {
            curl_multi_remove_handle(multi, handle)
            done(CURLE_ABORTED_BY_CALLBACK)
        }
        transfers = [:]
        for entry in residents { entry.resident.abandon() }
        residents = []
    }

    private func wait(until due: UInt64) -> Int {
        let now = due == 0 ? 0 : MonotonicClock.now()
        var milliseconds = due <= now ? 0 : Int32(min((due - now) / 1_000_000 + 1, Self.longestWait))
        if !transfers.isEmpty {
            var descriptor = curl_waitfd(fd: epoll, events: Int16(CURL_WAIT_POLLIN), revents: 0)
            curl_multi_poll(multi, &descriptor, 1, milliseconds, nil)
            milliseconds = 0
        }
        return max(0, Int(epoll_wait(epoll, events.baseAddress, Int32(Self.mostEvents), milliseconds)))
    }
}
