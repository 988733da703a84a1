/// A socket that the network thread waits for.
protocol NetworkSocket: AnyObject {
    var descriptor: Int32 { get }
    /// Its place among the loop's sockets while it is watched; kept by the loop.
    var place: Int? { get set }
    /// The wait ended for this socket; errors and hang-ups count as both.
    func ready(isReadable: Bool, isWritable: Bool)
}
