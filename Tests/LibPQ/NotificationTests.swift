import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct NotificationTests {
        private func listener(_ channel: String) async throws -> Connection {
            let connection = try await openConnection()
            try await connection.script("LISTEN \(channel)")
            return connection
        }

        @Test func idleConnectionHearsAnother() async throws {
            let listener = try await listener("idle_test")
            let speaker = try await openConnection()
            let iterator = listener.notifications.makeAsyncIterator()
            for payload in ["", "one", "Grüße 🎁"] {
                async let heard = iterator.next()
                _ = try await speaker.query("SELECT pg_notify('idle_test', $1)", [.text(payload)])
                #expect(
                    await heard
                        == Notification(channel: "idle_test", payload: payload, backendPID: speaker.backendPID)
                )
            }
        }

        @Test func notificationInsideOfAReplyIsDelivered() async throws {
            let listener = try await listener("inside_test")
            let iterator = listener.notifications.makeAsyncIterator()
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
            let listener = try await listener("many_test")
            let speaker = try await openConnection()
            _ = try await speaker.query("SELECT pg_notify('many_test', n::text) FROM generate_series(1, 1000) AS n")
            var heard: [String] = []
            for await notification in listener.notifications {
                heard.append(notification.payload)
                if heard.count == 1000 { break }
            }
            #expect(heard == (1...1000).map { String($0) })
        }

        @Test func oldestAreDroppedAndEqualsCoalesceWhileNobodyListens() async throws {
            let listener = try await listener("flood_test")
            let speaker = try await openConnection()
            for _ in 0..<3 {
                _ = try await speaker.query(
                    "SELECT pg_notify('flood_test', n::text) FROM generate_series(1, 3000) AS n")
            }
            _ = try await speaker.query("SELECT pg_notify('flood_test', 'last')")
            // The listener's own turn comes after all that its server process had to tell it.
            _ = try await listener.query("SELECT 1")
            await listener.close()
            var heard: [String] = []
            for await notification in listener.notifications {
                heard.append(notification.payload)
            }
            #expect(heard.count == 1000)
            #expect(heard.last == "last")
            #expect(Set(heard).count == 1000)
        }

        @Test func cancelledWaitDoesNotEndTheNotifications() async throws {
            let listener = try await listener("cancel_test")
            let notifications = listener.notifications
            for _ in 0..<100 {
                let waiting = Task {
                    let iterator = notifications.makeAsyncIterator()
                    return await iterator.next()
                }
                waiting.cancel()
                #expect(await waiting.value == nil)
            }
            try await listener.script("NOTIFY cancel_test, 'still here'")
            let iterator = notifications.makeAsyncIterator()
            #expect(await iterator.next()?.payload == "still here")
        }

        @Test func notificationsEndWithTheConnection() async throws {
            let listener = try await listener("end_test")
            let notifications = listener.notifications
            let waiting = Task {
                var count = 0
                for await _ in notifications { count += 1 }
                return count
            }
            let other = try await openConnection()
            _ = try await other.query("SELECT pg_terminate_backend($1::int)", [.int(Int(listener.backendPID))])
            #expect(await waiting.value == 0)
            #expect(await listener.isOpen == false)
            let failure = try await error(ConnectionError.self) { _ = try await listener.query("SELECT 1") }
            guard case .lost(let reason) = failure else { throw failure }
            #expect(reason.contains("administrator"))
        }

        @Test func notificationsEndWhenTheLastReferenceGoes() async throws {
            var listener: Connection? = try await listener("forgotten_test")
            let pid = try #require(listener?.backendPID)
            let notifications = try #require(listener?.notifications)
            listener = nil
            for await _ in notifications {}
            let observer = try await openConnection()
            try await observer.wait(until: "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", [.int(Int(pid))])
        }
    }
}
