import Glibc
import LibPQ
import Testing

extension OneAtATime {
    @Suite(.serialized, .timeLimit(.minutes(2)))
    struct ResourceTests {
        @Test func commandsRunInTheOrderOfTheCalls() async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE called (number int, place serial)")
            let loop = connection.loop
            // On the loop's one thread the tasks start, and so call, in order.
            let tasks = (0..<100).map { number in
                Task(executorPreference: loop) {
                    try await connection.prepared("INSERT INTO called VALUES ($1)", [.int(number)])
                }
            }
            for task in tasks { _ = try await task.value }
            let order = try await connection.query("SELECT number FROM called ORDER BY place").map { try $0.int(0) }
            #expect(order == Array(0..<100))
        }

        @Test func descriptorsAreNotLeaked() async throws {
            _ = try await openConnection()
            // The runtime keeps some of its own (timers), and opens them when it first needs them.
            let before = try descriptors() + 20
            for number in 0..<200 {
                let connection = try await openConnection()
                _ = try await connection.query("SELECT 1")
                if number % 2 == 0 { await connection.close() }
            }
            let refused = try await testConninfo(hosts: "127.0.0.1", ports: "1")
            for _ in 0..<20 {
                await #expect(throws: ConnectionError.self) { try await Connection.open(refused, logger: testLogger) }
            }
            try await settle(below: before)
            #expect(try descriptors() < before)
        }

        /// Not with the Address Sanitizer: it keeps freed memory back, and looks for leaks itself.
        @Test(.enabled(if: dlsym(nil, "__asan_init") == nil))
        func memoryIsFreed() async throws {
            let connection = try await openConnection()
            let text = String(repeating: "x", count: 100_000)
            func work(_ rounds: Int) async throws {
                for number in 0..<rounds {
                    _ = try await connection.prepared("SELECT $1, $2", [.text(text), .int(number)])
                    _ = try await connection.query("SELECT n, repeat('y', 1000) FROM generate_series(1, 100) AS n")
                    await #expect(throws: ServerError.self) { try await connection.query("SELECT 1 / 0") }
                    _ = try await connection.begin([Statement("SELECT $1", [.text(text)]), Statement("SELECT 1 / 0")])
                    _ = try await connection.query("SELECT pg_notify('memory', $1)", [.text("\(number)")])
                }
            }
            try await connection.script("LISTEN memory")
            try await work(100)
            let before = try residentKilobytes()
            try await work(400)
            // Every round has two answers of 100 kB each and more: a leak of one of these would be 40 MB.
            #expect(try residentKilobytes() - before < 30_000)
        }

        private func settle(below limit: Int) async throws {
            for _ in 0..<1000 where try descriptors() >= limit {
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        private func descriptors() throws -> Int {
            let folder = try #require(opendir("/proc/self/fd"))
            defer { closedir(folder) }
            var count = 0
            while readdir(folder) != nil { count += 1 }
            try #require(count > 3)
            return count
        }

        private func residentKilobytes() throws -> Int {
            let file = try #require(fopen("/proc/self/statm", "r"))
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 128)
            try #require(fgets(&line, 128, file) != nil)
            let words = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
            let pages = try #require(words.count > 1 ? Int(words[1]) : nil)
            return pages * sysconf(Int32(_SC_PAGESIZE)) / 1024
        }
    }
}
