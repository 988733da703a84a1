/// Ages in minutes, doubling, as Postfix's `qshape` has them.
public enum AgeBucket {
    /// Upper bounds; the last bucket has none.
    public static let minutes = [5, 10, 20, 40, 80, 160, 320, 640, 1280]
    public static var count: Int { minutes.count + 1 }
    public static var titles: [String] { minutes.map(String.init) + ["1280+"] }

    /// The branches of a CASE over `due`, with the time as `$1`.
    static var conditions: String {
        minutes.enumerated().map { "WHEN due > $1 - \($1 * 60_000) THEN \($0)" }.joined(separator: " ")
            + " ELSE \(minutes.count)"
    }
}
