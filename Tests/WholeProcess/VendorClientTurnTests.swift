import Foundation
import NIOCore
import SmartGift
import Synchronization
import Testing

/// No more requests are on the way than there may be; the others wait, in the order in which they came, and not for ever.
@Suite("The vendor client's turns", .serialized, .timeLimit(.minutes(1)))
struct VendorClientTurnTests {
    static let patience = Duration.seconds(30)

    /// Counts what is on the way over all peers.
    private final class OnTheWay: Sendable {
        let state = Mutex((now: 0, most: 0))

        func came() {
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
        }
        func goes() { state.withLock { $0.now -= 1 } }
    }

    @Test("Over several addresses together there are never more on the way, and all are answered")
    func limit() async throws {
        let counter = OnTheWay()
        let script = RawPeer.Script(request: { wire, _, _ in
            counter.came()
            wire.channel.eventLoop.scheduleTask(in: .milliseconds(5)) {
                counter.goes()
                wire.answer(VendorClientTests.receipt)
            }
        })
        try await RawPeer.run(script) { first in
            try await RawPeer.run(script) { second in
                let answers = try await VendorClientTests.withClient(concurrency: 3) { client in
                    await withTaskGroup(of: VendorAnswer?.self) { group in
                        for number in 0..<60 {
                            group.addTask {
                                let peer = number % 2 == 0 ? first : second
                                return await client.submit([1], to: peer.endpoint, patience: Self.patience)?.answer
                            }
                        }
                        return await group.reduce(into: []) { $0.append($1) }
                    }
                }
                #expect(answers.count == 60 && answers.allSatisfy { $0 == .response(VendorClientTests.ok) })
                #expect(first.record.requests.count == 30 && second.record.requests.count == 30)
                #expect(counter.state.withLock { $0.most } == 3, "all slots in use, and not one more")
            }
        }
    }

    @Test("First come, first served")
    func order() async throws {
        // The first is answered when it has come, and the others wait until then.
        let (wires, firstWire) = AsyncStream.makeStream(of: RawPeer.Wire.self)
        let script = RawPeer.Script(request: { wire, _, request in
            if request.text == "0" { firstWire.yield(wire) } else { wire.answer(VendorClientTests.receipt) }
        })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient(concurrency: 1) { client in
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        // On the client's own thread they reach it one after another, in this order.
                        group.addTask(executorPreference: client.executor) {
                            _ = await client.submit(
                                Array("\(number)".utf8), to: peer.endpoint, patience: Self.patience)
                        }
                    }
                    for await wire in wires {
                        wire.answer(VendorClientTests.receipt)
                        break
                    }
                }
            }
            #expect(peer.record.requests.map(\.text) == (0..<20).map { "\($0)" })
        }
    }

    @Test("Whose turn does not come in its patience was not sent, and is told then")
    func patience() async throws {
        try await RawPeer.run(RawPeer.Script()) { peer in
            try await VendorClientTests.withClient(concurrency: 1, timeout: .seconds(60)) { client in
                let first = Task { await client.submit(Array("first".utf8), to: peer.endpoint) }
                try await peer.wait(for: "the first request") { $0.requests.count == 1 }
                let before = ContinuousClock.now
                let turns = await withTaskGroup(of: Bool.self) { group in
                    for patience in [300, 200, 100, 0] {
                        group.addTask {
                            await client.submit([1], to: peer.endpoint, patience: .milliseconds(patience)) != nil
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(turns == [false, false, false, false])
                #expect(before.duration(to: .now) >= .milliseconds(300) && before.duration(to: .now) < .seconds(20))
                first.cancel()
                #expect(VendorClientFaultTests.mayHaveBeenSent(await first.value) == true)
                // The slot is free again.
                let next = Task { await client.submit(Array("next".utf8), to: peer.endpoint) }
                try await peer.wait(for: "the next request") { $0.requests.count == 2 }
                next.cancel()
                _ = await next.value
            }
            #expect(peer.record.requests.map(\.text) == ["first", "next"])
        }
    }

    /// As after a SIGSTOP: a slot becomes free before the client has seen that the patience is over. By then the order may be
    /// somebody else's.
    @Test("A turn that comes too late is none")
    func late() async throws {
        try await RawPeer.run(RawPeer.Script()) { peer in
            try await VendorClientTests.withClient(concurrency: 1, timeout: .seconds(60)) { client in
                let first = Task { await client.submit(Array("first".utf8), to: peer.endpoint) }
                try await peer.wait(for: "the first request") { $0.requests.count == 1 }
                async let second = client.submit([2], to: peer.endpoint, patience: .milliseconds(200))
                for _ in 0..<100 { await Task.yield() }
                // On the client's own thread, which stands still meanwhile.
                await Task(executorPreference: client.executor) {
                    usleep(300_000)
                    first.cancel()
                }.value
                #expect(await second == nil)
                #expect(VendorClientFaultTests.mayHaveBeenSent(await first.value) == true)
            }
            #expect(peer.record.requests.map(\.text) == ["first"])
        }
    }

    @Test("The timeout begins with the turn, and so does the time it is said to have taken")
    func timeout() async throws {
        let script = RawPeer.Script(request: { wire, _, _ in
            wire.channel.eventLoop.scheduleTask(in: .milliseconds(700)) { wire.answer(VendorClientTests.receipt) }
        })
        try await RawPeer.run(script) { peer in
            let before = ContinuousClock.now
            let replies = try await VendorClientTests.withClient(concurrency: 1, timeout: .milliseconds(2000)) {
                client in
                await withTaskGroup(of: (answer: VendorAnswer, took: Duration)?.self) { group in
                    for _ in 0..<4 {
                        group.addTask { await client.submit([1], to: peer.endpoint, patience: Self.patience) }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(before.duration(to: .now) >= .milliseconds(2800), "the last waited longer than the timeout")
            for reply in replies {
                let reply = try #require(reply)
                #expect(reply.answer == .response(VendorClientTests.ok))
                #expect(reply.took >= .milliseconds(690) && reply.took < .milliseconds(2000))
            }
        }
    }

    @Test("What waits for one endpoint can be turned away; what is on the way, and other endpoints, are not touched")
    func turnedAway() async throws {
        // The first is never answered; the others are.
        let script = RawPeer.Script(request: { wire, _, request in
            if request.text != "first" { wire.answer(VendorClientTests.receipt) }
        })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient(concurrency: 1, timeout: .seconds(60)) { client in
                let first = Task { await client.submit(Array("first".utf8), to: peer.endpoint) }
                try await peer.wait(for: "the first request") { $0.requests.count == 1 }
                let other = VendorEndpoint(baseURL: peer.url, key: "sk_other")
                // On the client's own thread, one after another.
                let waiting = [("mine", peer.endpoint), ("other's", other)].map { text, endpoint in
                    Task(executorPreference: client.executor) {
                        await client.submit(Array(text.utf8), to: endpoint, patience: Self.patience)
                    }
                }
                await Task(executorPreference: client.executor) { client.turnAway(peer.endpoint) }.value
                let before = ContinuousClock.now
                #expect(await waiting[0].value == nil)
                #expect(before.duration(to: .now) < .seconds(10), "long before its patience was over")
                #expect(peer.record.requests.map(\.text) == ["first"])
                first.cancel()
                #expect(VendorClientFaultTests.mayHaveBeenSent(await first.value) == true)
                #expect(await waiting[1].value?.answer == .response(VendorClientTests.ok))
            }
            #expect(peer.record.requests.map(\.text) == ["first", "other's"])
        }
    }

    @Test("A shutdown tells those that wait")
    func shutdown() async throws {
        try await RawPeer.run(RawPeer.Script()) { peer in
            let client = VendorClient(concurrency: 1, timeout: .seconds(60))
            async let first = client.submit(Array("first".utf8), to: peer.endpoint)
            try await peer.wait(for: "the first request") { $0.requests.count == 1 }
            async let second = client.submit([2], to: peer.endpoint, patience: Self.patience)
            for _ in 0..<100 { await Task.yield() }
            try await client.shutdown()
            #expect(await second == nil)
            #expect(VendorClientFaultTests.mayHaveBeenSent(await first) == true)
            #expect(await client.submit([3], to: peer.endpoint, patience: Self.patience) == nil)
            #expect(peer.record.requests.map(\.text) == ["first"])
        }
    }
}
