import Foundation
import Synchronization

/// The names of time zones, looked up once each.
public enum TimeZones {
    private static let known = Mutex<[String: Bool]>([:])

    public static func isKnown(_ name: String) -> Bool {
        known.withLock { known in
            if let answer = known[name] { return answer }
            let answer = TimeZone(identifier: name) != nil
            if known.count < 1000 { known[name] = answer }
            return answer
        }
    }
}
