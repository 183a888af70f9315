import ArgumentParser
import Glibc

/// `giftbridge-bench peer`: the benchmark's HTTP peer, in a process of its own.
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "The benchmark's HTTP peer.", shouldDisplay: false)

    @Option(help: "The file for the ledger.")
    var ledger: String

    // A name that the benchmark's own options have too would be taken as theirs.
    @Option(help: "A fault of the ledger: forget, twice, other_code.")
    var fault: String?

    @Option(help: "Nanoseconds of work for each request.")
    var burden = 0

    func run() throws {
        let peer = try Peer(ledgerPath: ledger, fault: fault, burden: .nanoseconds(burden))
        print("The peer listens on port \(peer.port)")
        fflush(nil)
        try peer.run()
    }
}

/// `giftbridge-bench load`: finds the peer's ceiling, in a process of its own.
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "The quickest client for the benchmark's HTTP peer.", shouldDisplay: false)

    @Option(help: "The peer's port.")
    var port: Int

    @Option(help: "Requests on the way at once.")
    var connections = 64

    @Option(help: "For how long, in milliseconds.")
    var milliseconds = 1000

    func run() throws {
        print(try PeerLoad(port: port, connections: connections).run(for: .milliseconds(milliseconds)))
    }
}
