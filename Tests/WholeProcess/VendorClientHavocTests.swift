import NIOCore
import SmartGift
import Synchronization
import TestSupport
import Testing

/// Hundreds of sales through a line that fails at any moment, with the ledger of what arrived beside what was claimed.
@Suite("The vendor client, in havoc", .serialized, .timeLimit(.minutes(1)))
struct VendorClientHavocTests {
    /// A failure can be repeated as far as the network's timing lets it.
    final class Dice: Sendable {
        private let generator: Mutex<SplitMix>
        init(seed: UInt64) { generator = Mutex(SplitMix(seed: seed)) }
        func roll(_ sides: Int) -> Int { generator.withLock { Int.random(in: 0..<sides, using: &$0) } }
    }

    static func script(_ dice: Dice) -> RawPeer.Script {
        RawPeer.Script(
            connected: { wire in
                switch dice.roll(20) {
                case 0: wire.close()
                case 1: wire.reset()
                default: break
                }
            },
            received: { wire, _ in
                switch dice.roll(40) {
                case 0: wire.close()
                case 1: wire.reset()
                default: break
                }
            },
            request: { wire, _, request in
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n\(request.text)"
                switch dice.roll(13) {
                case 0: wire.close()
                case 1: wire.reset()
                case 2: break  // Silence, until the deadline.
                case 3:
                    wire.send(String(answer.prefix(answer.count - 2)))
                    wire.close()
                case 4:
                    wire.send(answer)
                    wire.close()  // Kept alive, as far as the client knows.
                case 5:
                    wire.send(answer)
                    wire.channel.eventLoop.execute { wire.reset() }
                case 6: wire.send(answer + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalien")
                case 7:
                    wire.channel.eventLoop.scheduleTask(in: .milliseconds(Int64(dice.roll(60)))) { wire.send(answer) }
                case 8:
                    let second = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalien"
                    wire.send(answer + second.prefix(9))
                    wire.channel.eventLoop.scheduleTask(in: .milliseconds(2)) {
                        wire.send(String(second.dropFirst(9)))
                    }
                default: wire.send(answer)
                }
            })
    }

    @Test(
        "No sale arrives twice, none arrives that was said not to be sent, and none gets another one's answer",
        arguments: [1, 2, 3] as [UInt64])
    func havoc(seed: UInt64) async throws {
        let dice = Dice(seed: seed)
        let bodies = (0..<400).map { "sale-\($0)" }
        try await RawPeer.run(Self.script(dice)) { peer in
            let answers = try await VendorClientTests.withClient { client in
                await withTaskGroup(of: [String: VendorAnswer].self) { group in
                    for start in 0..<16 {
                        group.addTask {
                            var answers: [String: VendorAnswer] = [:]
                            for body in stride(from: start, to: bodies.count, by: 16).map({ bodies[$0] }) {
                                let submission = Task {
                                    await client.submit(
                                        Array(body.utf8), to: peer.endpoint, within: .milliseconds(150),
                                        fresh: dice.roll(8) == 0)
                                }
                                if dice.roll(10) == 0 {
                                    for _ in 0..<dice.roll(200) { await Task.yield() }
                                    submission.cancel()
                                }
                                answers[body] = await submission.value
                            }
                            return answers
                        }
                    }
                    return await group.reduce(into: [:]) { $0.merge($1) { old, _ in old } }
                }
            }
            let arrived = Dictionary(grouping: peer.record.requests, by: \.text).mapValues(\.count)
            var counts = (answered: 0, inDoubt: 0, notSent: 0)
            for body in bodies {
                let count = arrived[body] ?? 0
                #expect(count <= 1, "\(body) arrived \(count) times")
                switch answers[body] {
                case .response(let response)?:
                    counts.answered += 1
                    #expect(response == VendorResponse(status: 200, body: Array(body.utf8)), "the answer to \(body)")
                    #expect(count == 1)
                case .noResponse(.lost)?: counts.inDoubt += 1
                case .noResponse(.notSent(let notSent))?:
                    counts.notSent += 1
                    #expect(count == 0, "\(body) was said not to be sent (\(notSent.reason)), and arrived")
                case nil: Issue.record("\(body) has no answer")
                }
            }
            #expect(counts.answered > 50 && counts.inDoubt > 20 && counts.notSent > 5, "the faults struck: \(counts)")
        }
    }
}
