import NIOCore
import NIOEmbedded
import Testing

@testable import SmartGift

/// What a connection makes of bytes, and of when they come.
@Suite("The vendor's channel")
struct VendorChannelTests {
    static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// A connection without a network, and what was reported of it, in short words.
    final class Line {
        let channel = EmbeddedChannel()
        private(set) var reports: [String] = []
        private(set) lazy var handler = VendorChannel(isSecure: false) { [weak self] in
            self?.reports.append(Line.word($0))
        }

        init() throws {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            try channel.pipeline.syncOperations.addHandler(handler)
        }

        private static func word(_ report: VendorChannel.Report) -> String {
            switch report {
            case .ready: "ready"
            case .failed(let reason): "failed: \(reason)"
            case .written: "written"
            case .answered(let id, let response, let keepAlive, let leftOver):
                "\(id.number): \(response.status) \(keepAlive)\(leftOver ? " left over" : "")"
            case .closed(let reason): "closed: \(reason)"
            }
        }

        func send(_ number: Int) -> Bool {
            handler.send(.init(number: number), ByteBuffer(string: "request \(number)"), limit: 100)
        }

        /// One read of each text, all in one turn of the loop.
        func receive(_ texts: String...) {
            for text in texts { channel.pipeline.fireChannelRead(ByteBuffer(string: text)) }
            channel.pipeline.fireChannelReadComplete()
        }
    }

    @Test("A request goes out in one piece, and its answer comes back")
    func exchange() throws {
        let line = try Line()
        for number in 1...2 {
            #expect(line.send(number))
            #expect(
                try line.channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } == "request \(number)")
            line.receive(Self.answer)
        }
        #expect(line.reports == ["ready", "written", "1: 200 open", "written", "2: 200 open"])
        #expect(line.channel.isActive)
    }

    @Test(
        "An answer before the request, and a byte while it is idle, end the connection",
        arguments: [answer, "H", "\r\n"])
    func unasked(bytes: String) throws {
        let early = try Line()
        early.receive(bytes)
        #expect(early.reports == ["ready", "closed: The vendor sent data without a request."])
        #expect(!early.channel.isActive && !early.send(1))

        let idle = try Line()
        #expect(idle.send(1))
        idle.receive(Self.answer)
        idle.receive(bytes)
        #expect(idle.reports.last == "closed: The vendor sent data without a request.")
        #expect(!idle.channel.isActive)
    }

    @Test("Bytes behind the answer are seen in the same read and in the next one of the same turn")
    func leftOver() throws {
        for reads in [[Self.answer + "H"], [Self.answer, "H"]] {
            let line = try Line()
            #expect(line.send(1))
            for read in reads { line.channel.pipeline.fireChannelRead(ByteBuffer(string: read)) }
            #expect(line.reports == ["ready", "written"], "not before the turn is over")
            line.channel.pipeline.fireChannelReadComplete()
            #expect(line.reports.last == "1: 200 open left over")
        }
    }

    @Test("A whole answer counts though the connection ends with it")
    func endsWithTheAnswer() throws {
        let line = try Line()
        #expect(line.send(1))
        line.channel.pipeline.fireChannelRead(ByteBuffer(string: Self.answer))
        line.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        #expect(
            Array(line.reports[2...]) == [
                "1: 200 open", "closed: The connection to the vendor failed: Connection reset by peer.",
            ])
    }

    @Test("An end before the answer's end is no answer, but one without a length ends with the connection")
    func end() throws {
        for (text, report) in [
            (
                String(Self.answer.dropLast()),
                "closed: The vendor closed the connection before its answer was complete."
            ),
            ("", "closed: The vendor closed the connection without an answer."),
            ("HTTP/1.1 200 OK\r\n\r\nok", "1: 200 no"),
        ] {
            let line = try Line()
            #expect(line.send(1))
            if !text.isEmpty { line.receive(text) }
            line.channel.pipeline.fireChannelInactive()
            #expect(line.reports[2] == report)
            #expect(!line.channel.isActive)
        }
    }

    @Test("On a connection that has ended not one byte is written")
    func ended() throws {
        let line = try Line()
        line.channel.close(promise: nil)
        #expect(!line.send(1))
        #expect(try line.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test(
        "Whose fault an error is",
        arguments: [
            (24, .local("This process has no free file descriptor for a connection: raise its limit (ulimit -n).")),
            (23, .local("This machine has no free file descriptor for a connection.")),
            (12, .local("This machine has no memory for a connection.")),
            (105, .local("This machine has no memory for a connection.")),
            (99, .local("This machine has no free port or no address for a connection.")),
            (111, .unreachable("The connection to the vendor failed: Connection refused.")),
            (113, .unreachable("The connection to the vendor failed: No route to host.")),
        ] as [(CInt, VendorAnswer.NotSent)])
    func faults(number: CInt, fault: VendorAnswer.NotSent) {
        #expect(VendorFault.notSent(for: IOError(errnoCode: number, reason: "connect")) == fault)
    }
}
