import ArgumentParser
import CLinux
import Glibc

/// The benchmark's HTTP peer: one thread over epoll that answers every sale with a receipt, after a delay, and notes what came
/// and when. It has no rules and checks nothing: it must never be what a measurement waits for. `giftbridge sandbox` is the
/// strict one.
///
/// Commands on standard input, one a line, each answered with a line: `delay NANOSECONDS`, `flush` (writes the ledger to its
/// file and begins again), `guard PID` (a worker to kill at the end; 0: none). At the end of the input, when the benchmark's
/// process is gone, the peer ends.
final class Peer {
    private let epoll: Int32
    private let listener: Int32
    /// By descriptor.
    private var connections: [PeerConnection?] = []
    var ledger: PeerLedger
    let ledgerPath: String
    /// Nanoseconds of work for each request, so that a test can make the peer the limit.
    private let burden: Int64
    /// Nanoseconds from a request's arrival to its answer.
    var delay: Int64 = 0
    /// Answers and when they are due. One delay for all: first in, first out.
    private var waiting: [(due: Int64, connection: PeerConnection)] = []
    private var firstWaiting = 0
    var commands: [UInt8] = []
    /// The worker that must not outlive the benchmark; 0: none.
    var guarded: Int32 = 0

    /// Why the peer cannot serve.
    struct Failure: Error, CustomStringConvertible {
        /// The call that failed, and why.
        let description: String

        init(_ call: String) { description = "the benchmark's peer: \(call): \(String(cString: strerror(errno)))" }
    }

    /// Makes a peer that listens on 127.0.0.1.
    ///
    /// - Parameters:
    ///   - ledgerPath: The file that `flush` writes.
    ///   - fault: The name of a fault that the ledger shall have (`forget`, `twice`, `other_code`); nil: none.
    ///   - burden: How long the peer shall be busy with each request, beside what it has to do.
    /// - Throws: ``Failure``.
    init(ledgerPath: String, fault: String? = nil, burden: Duration = .zero) throws {
        guard fault == nil || PeerLedger.Fault(rawValue: fault ?? "") != nil else {
            throw BenchError("there is no ledger fault \(fault ?? "")")
        }
        self.burden = burden.nanoseconds
        self.ledgerPath = ledgerPath
        ledger = PeerLedger(fault: fault.flatMap(PeerLedger.Fault.init))
        epoll = linux_epoll_make()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafeBytes(of: &address) {
            bind(listener, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
        }
        guard epoll >= 0, listener >= 0, bound == 0, listen(listener, 1024) == 0 else { throw Failure("listen") }
        guard linux_epoll_watch(epoll, listener) == 0, linux_epoll_watch(epoll, STDIN_FILENO) == 0 else {
            throw Failure("epoll_ctl")
        }
    }

    /// The port that the peer listens on.
    var port: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutableBytes(of: &address) {
            getsockname(listener, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Serves until standard input ends.
    ///
    /// - Throws: ``Failure``.
    func run() throws {
        var ready = [Int32](repeating: 0, count: 256)
        while true {
            let count = Int(linux_epoll_wait(epoll, &ready, Int32(ready.count), timeToNextAnswer()))
            guard count >= 0 || errno == EINTR else { throw Failure("epoll_wait") }
            for descriptor in ready.prefix(max(count, 0)) {
                switch descriptor {
                case listener: accept()
                case STDIN_FILENO: guard try obey() else { return }
                default: serve(descriptor)
                }
            }
            answerWhatIsDue()
        }
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { continue }
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
            while connections.count <= descriptor { connections.append(nil) }
            connections[Int(descriptor)] = PeerConnection(descriptor)
            if linux_epoll_watch(epoll, descriptor) != 0 { connections[Int(descriptor)] = nil }
        }
    }

    private func serve(_ descriptor: Int32) {
        guard let connection = connections[Int(descriptor)] else { return }
        guard connection.read(), take(connection, arrival: linux_now()) else {
            return forget(connection)
        }
    }

    /// Closes a connection, as soon as no answer waits for it.
    private func forget(_ connection: PeerConnection) {
        linux_epoll_forget(epoll, connection.descriptor)
        connections[Int(connection.descriptor)] = nil
    }

    /// Takes a request from the connection's buffer, if a whole one is there and none is being answered.
    ///
    /// - Returns: False if the connection is of no more use.
    private func take(_ connection: PeerConnection, arrival: Int64) -> Bool {
        while !connection.isAnswering {
            let bytes = connection.bytes
            do throws(SaleScan.Unreadable) {
                guard let sale = try SaleScan(bytes) else { return true }
                ledger.note(bytes, sale, at: arrival)
                connection.answer.replace(with: bytes, sale)
                connection.drop(sale.end)
            } catch {
                return false
            }
            if burden > 0 {
                let end = linux_now() + burden
                while linux_now() < end {}
            }
            if delay == 0 {
                guard connection.send() else { return false }
            } else {
                connection.isAnswering = true
                waiting.append((arrival + delay, connection))
            }
        }
        return true
    }

    /// Nanoseconds; -1: none waits.
    private func timeToNextAnswer() -> Int64 {
        firstWaiting < waiting.count ? max(waiting[firstWaiting].due - linux_now(), 0) : -1
    }

    private func answerWhatIsDue() {
        guard firstWaiting < waiting.count else { return }
        let now = linux_now()
        while firstWaiting < waiting.count, waiting[firstWaiting].due <= now {
            let connection = waiting[firstWaiting].connection
            firstWaiting += 1
            connection.isAnswering = false
            if !connection.send() || !take(connection, arrival: now) { forget(connection) }
        }
        if firstWaiting > 4096 || firstWaiting == waiting.count {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
    }
}

/// What the benchmark says to its peer, on standard input.
extension Peer {
    /// Reads commands.
    ///
    /// - Returns: False at the end of the input.
    func obey() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 256)
        let count = read(STDIN_FILENO, &piece, piece.count)
        guard count > 0 else {
            if count < 0, errno == EINTR { return true }
            if guarded > 0 { kill(guarded, SIGKILL) }
            return false
        }
        commands += piece.prefix(count)
        while let newline = commands.firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: commands[..<newline], as: UTF8.self).split(separator: " ")
            commands.removeSubrange(...newline)
            if words.first == "delay", words.count == 2, let nanoseconds = Int64(words[1]) {
                delay = nanoseconds
                print("ok")
            } else if words.first == "guard", words.count == 2, let pid = Int32(words[1]) {
                guarded = pid
                print("ok")
            } else if words == ["flush"] {
                print("ok \(ledger.count)")
                try ledger.flush(to: ledgerPath)
            } else {
                print("unknown command")
            }
            fflush(nil)
        }
        return true
    }
}

/// One connection of the peer: what was read and not answered yet.
final class PeerConnection {
    let descriptor: Int32
    /// A request waits for its answer; what comes behind it waits too.
    var isAnswering = false
    /// The answer, while it waits.
    var answer: [UInt8] = []
    private var buffer: UnsafeMutableRawBufferPointer
    private var used = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        buffer = .allocate(byteCount: 16 * 1024, alignment: 16)
        answer.reserveCapacity(512)
    }

    deinit {
        buffer.deallocate()
        Glibc.close(descriptor)
    }

    /// What was read so far.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<used]) }

    /// Reads what is there.
    ///
    /// - Returns: False at the connection's end.
    func read() -> Bool {
        if used == buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: bytes)
            buffer.deallocate()
            buffer = larger
        }
        let count = recv(descriptor, buffer.baseAddress.map { $0 + used }, buffer.count - used, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        used += max(count, 0)
        return count > 0
    }

    /// Forgets a request at the buffer's start.
    func drop(_ count: Int) {
        if count < used, let base = buffer.baseAddress { memmove(base, base + count, used - count) }
        used -= count
    }

    /// Sends the answer.
    ///
    /// - Returns: False if it could not be sent as a whole: an answer is a few hundred bytes on an idle connection.
    func send() -> Bool {
        answer.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            == answer.count
    }
}

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
