/// A party with work of its own on the network thread.
protocol NetworkResident: AnyObject {
    /// Called once per turn of the loop, after all that came in. Answers when it must be called again at the latest.
    func turn(now: UInt64) -> UInt64
    /// The thread ends: everything open ends now.
    func abandon()
}
