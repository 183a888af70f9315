import Foundation
import Glibc
import Synchronization

/// A TCP port that talks PostgreSQL's protocol as far as a test's script goes.
struct FakeServer {
    let conninfo: String
    private let listener: SilentListener

    /// - Parameter script: called for each connection with its number, from 0, on a thread of its own; at its end the
    ///   connection is closed.
    init(_ script: @escaping @Sendable (Peer, Int) -> Void) throws {
        let listener = try SilentListener()
        self.listener = listener
        conninfo = "host=127.0.0.1 port=\(listener.port) user=someone dbname=some sslmode=disable"
        Thread.detachNewThread {
            var number = 0
            while true {
                let descriptor = accept(listener.descriptor, nil, nil)
                guard descriptor >= 0 else { return }
                script(Peer(descriptor: descriptor), number)
                close(descriptor)
                number += 1
            }
        }
    }

    /// One connection to it.
    struct Peer {
        let descriptor: Int32

        func write(_ bytes: [UInt8]) {
            _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }

        /// Reads until what came ends with `ending`, or the other side has hung up.
        func read(until ending: [UInt8] = []) -> [UInt8] {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 4096)
            repeat {
                let count = recv(descriptor, &piece, piece.count, 0)
                guard count > 0 else { return bytes }
                bytes += piece[..<count]
            } while !bytes.suffix(ending.count).elementsEqual(ending)
            return bytes
        }

        /// Takes the start-up packet and lets the client in.
        func admit() {
            write(Self.message("R", [0, 0, 0, 0]) + Self.message("K", [0, 0, 0, 1, 0, 0, 0, 2]) + Self.ready)
        }

        static let ready = message("Z", Array("I".utf8))

        static func message(_ type: Character, _ body: [UInt8]) -> [UInt8] {
            let length = UInt32(body.count + 4).bigEndian
            return Array("\(type)".utf8) + withUnsafeBytes(of: length) { Array($0) } + body
        }
    }
}

/// A TCP port of this machine that accepts connections and never says a word.
final class SilentListener: Sendable {
    struct Failure: Error {}

    let port: Int
    let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure() }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(descriptor)
    }

    /// Waits, with a bound, until a client has connected.
    func waitForConnection() async throws {
        for _ in 0..<1000 {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&request, 1, 0) == 1 { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Failure()
    }
}
