import ArgumentParser
import CLinux
import Glibc
import Subprocess
import SystemPackage

/// The quickest client there can be for the peer, one thread over epoll: what the peer serves to it is the peer's ceiling.
final class PeerLoad {
    private let epoll: Int32
    private let request: [UInt8]
    private var descriptors: [Int32] = []

    /// Connects.
    ///
    /// - Parameters:
    ///   - port: The peer's port on 127.0.0.1.
    ///   - connections: Requests on the way at once, 1 or more.
    /// - Throws: ``Peer/Failure``.
    init(port: Int, connections: Int) throws {
        let body = """
            {"items":[{"id":1,"price":100.10,"to":"Ann Example","from":"Bob Example","message":"Happy birthday, and many \
            happy returns of the day","code":"ABCDEFGHJKLMNPQR"}],"customer":{"email":"bob.example@example.com",\
            "first_name":"Bob","last_name":"Example","address1":"12 Long Street","postcode":"AB1 2CD","town":\
            "Exampletown"},"delivery":{"method":1,"email":"ann.example@example.com","first_name":"Ann","last_name":\
            "Example"},"payment_method":1,"order_id":"load"}
            """
        request = Array(
            ("POST /pos-sale HTTP/1.1\r\nHost: 127.0.0.1\r\nSmart-Auth: sk_bench\r\nContent-Type: application/json\r\n"
                + "Accept: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body).utf8)
        epoll = linux_epoll_make()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        for _ in 0..<connections {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            let connected = withUnsafeBytes(of: &address) {
                connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
            }
            guard connected == 0, linux_epoll_watch(epoll, descriptor) == 0 else { throw Peer.Failure("connect") }
            descriptors.append(descriptor)
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
        close(epoll)
    }

    /// Keeps every connection busy for a while.
    ///
    /// - Returns: Answers a second.
    /// - Throws: ``Peer/Failure``.
    func run(for duration: Duration) throws -> Double {
        var ready = [Int32](repeating: 0, count: 256)
        var answer = [UInt8](repeating: 0, count: 4096)
        var answers = 0
        let start = monotonicNow()
        let end = start + duration.nanoseconds
        for descriptor in descriptors { try ask(descriptor) }
        while monotonicNow() < end {
            let count = Int(linux_epoll_wait(epoll, &ready, Int32(ready.count), 100_000_000))
            guard count >= 0 else { throw Peer.Failure("epoll_wait") }
            for descriptor in ready.prefix(count) {
                guard recv(descriptor, &answer, answer.count, 0) > 0 else { throw Peer.Failure("recv") }
                answers += 1
                try ask(descriptor)
            }
        }
        return Double(answers) / seconds(since: start)
    }

    private func ask(_ descriptor: Int32) throws {
        let sent = request.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == request.count else { throw Peer.Failure("send") }
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

    /// Runs the command.
    ///
    /// - Returns: Requests a second.
    static func rate(_ executable: String, port: Int, connections: Int, for duration: Duration) async throws -> Double {
        let outcome = try await Subprocess.run(
            .path(FilePath(executable)),
            arguments: [
                "load", "--port", "\(port)", "--connections", "\(connections)",
                "--milliseconds", "\(Int(duration.milliseconds))",
            ],
            output: .string(limit: 1024), error: .currentStandardError)
        guard let rate = Double(outcome.standardOutput.prefix { !$0.isNewline }) else {
            throw BenchError("the HTTP peer's ceiling could not be measured")
        }
        return rate
    }
}
