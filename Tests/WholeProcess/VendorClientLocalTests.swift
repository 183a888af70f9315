import Glibc
import SmartGift
import Testing

/// What this machine lacks is not called the vendor's fault. In a process of its own, as its limits are changed.
@Suite("The vendor client, where this machine is at fault", .timeLimit(.minutes(1)))
struct VendorClientLocalTests {
    @Test("Without a free descriptor nothing is sent, and the reason says what to do")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            let port = try SilentPort(isBlackHole: false)
            let client = VendorClient()
            let endpoints = ["127.0.0.1", "localhost"].map {
                VendorEndpoint(baseURL: "http://\($0):\(port.port)", key: "sk_test")
            }
            // Whatever the client needs itself is there after this.
            for endpoint in endpoints {
                #expect(VendorClientNotSentTests.kind(await client.submit([1], to: endpoint)) == .unreachable)
            }
            let free = open("/dev/null", O_RDONLY)
            close(free)
            var limit = rlimit(rlim_cur: rlim_t(free), rlim_max: 4096)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            for endpoint in endpoints {
                let answer = await client.submit([1], to: endpoint)
                #expect(VendorClientNotSentTests.kind(answer) == .local, "\(answer)")
                #expect("\(answer)".contains("file descriptor"), "\(answer)")
            }
        }
    }
}
