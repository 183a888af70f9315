/// What a drain is compared with, to tell whether it was the bridge that was measured.
struct DrainCeilings: Sendable {
    /// Requests a second that the peer answers.
    let peer: Double
    /// Orders a second that PostgreSQL claims and settles with nothing else to do.
    let server: Double

    /// Why a drain does not say what it claims to say.
    ///
    /// - Parameters:
    ///   - rate: Orders a second.
    ///   - peerCore: The share of a core that the peer used, 0 to 1.
    ///   - serverCore: The same of the server, whose work for one worker is that of one process; nil: not known.
    /// - Returns: A sentence each; none: nothing but the bridge was the limit.
    func doubts(rate: Double, peerCore: Double, serverCore: Double?) -> [String] {
        var doubts: [String] = []
        if rate > peer * 0.8 || peerCore > 0.9 {
            doubts.append(
                "the HTTP peer was the limit (its ceiling is \(Int(peer)) requests/s; it used \(percent(peerCore)) of a core)"
            )
        }
        if rate > server || serverCore ?? 0 > 0.9 {
            let used = serverCore.map { "; it used \(percent($0)) of a core" } ?? ""
            doubts.append("PostgreSQL was the limit (claim and settle alone are \(Int(server)) orders/s\(used))")
        }
        return doubts
    }

    private func percent(_ share: Double) -> String { "\(Int(share * 100)) %" }
}
