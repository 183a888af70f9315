import Dispatch
import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct NotificationTests {
        @Test func idleConnectionHearsAnother() async throws {
            let (listener, notifications) = try await openListener("idle_test")
            let speaker = try await openConnection()
            var iterator = notifications.makeAsyncIterator()
            for payload in ["", "one", "Grüße 🎁"] {
                _ = try await speaker.query("SELECT pg_notify('idle_test', $1)", [.text(payload)])
                #expect(
                    await iterator.next()
                        == Notification(channel: "idle_test", payload: payload, backendPID: speaker.backendPID)
                )
            }
            await listener.close()
        }

        @Test func notificationInsideOfAReplyIsDelivered() async throws {
            let (listener, notifications) = try await openListener("inside_test")
            var iterator = notifications.makeAsyncIterator()
            // One's own notification comes between the result and the end of the reply.
            _ = try await listener.query("SELECT pg_notify('inside_test', 'own')")
            #expect(await iterator.next()?.backendPID == listener.backendPID)

            let speaker = try await openConnection()
            let busy = Task { try await listener.query("SELECT pg_sleep(2), repeat('x', 200000)") }
            try await speaker.waitUntilSleeping(listener)
            _ = try await speaker.query("SELECT pg_notify('inside_test', 'while busy')")
            #expect(try await busy.value.count == 1)
            #expect(await iterator.next()?.payload == "while busy")
        }

        @Test func manyNotificationsComeInOrder() async throws {
            let (listener, notifications) = try await openListener("many_test")
            let speaker = try await openConnection()
            _ = try await speaker.query("SELECT pg_notify('many_test', n::text) FROM generate_series(1, 3000) AS n")
            var heard: [String] = []
            for await notification in notifications {
                heard.append(notification.payload)
                if heard.count == 3000 { break }
            }
            #expect(heard == (1...3000).map { String($0) })
            await listener.close()
        }

        @Test func endIsToldWhenTheConnectionIsLost() async throws {
            let (listener, notifications) = try await openListener("end_test")
            let other = try await openConnection()
            _ = try await other.query("SELECT pg_terminate_backend($1::int)", [.int(Int(listener.backendPID))])
            for await _ in notifications {}
            #expect(await listener.isOpen == false)
            let failure = try await error(ConnectionError.self) { _ = try await listener.query("SELECT 1") }
            guard case .lost(let reason) = failure else { throw failure }
            #expect(reason.contains("administrator"))
        }

        @Test func endIsToldWhenTheLastReferenceGoes() async throws {
            let pid: Int32
            let notifications: AsyncStream<LibPQ.Notification>
            do {
                let (listener, stream) = try await openListener("forgotten_test")
                pid = listener.backendPID
                notifications = stream
            }
            for await _ in notifications {}
            try await openConnection().waitUntilGone(pid)
        }

        /// libpq closes the socket inside of `PQnotifies`: nothing is left that could be polled.
        @Test func nonsenseFromTheServerWhileIdleIsALostConnection() async throws {
            let isOpen = DispatchSemaphore(value: 0)
            let server = try FakeServer { peer, _ in
                _ = peer.read()
                peer.admit()
                isOpen.wait()
                peer.write(Array("A".utf8) + [0, 0, 0, 3])
                _ = peer.read(until: [0])
            }
            let (ended, end) = AsyncStream.makeStream(of: Void.self)
            let connection = try await Connection.open(
                server.conninfo, logger: testLogger, onEnd: { end.finish() })
            isOpen.signal()
            for await _ in ended {}
            let failure = try await error(ConnectionError.self) { _ = try await connection.query("SELECT 1") }
            guard case .lost(let reason) = failure else { throw failure }
            #expect(reason.contains("synchronization"))
        }
    }
}
