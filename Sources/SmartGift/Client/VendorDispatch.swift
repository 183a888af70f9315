import NIOCore
import NIOSSL

/// The client on its event loop: gives requests their turn, and to the connections of the address that they go to.
final class VendorDispatch {
    private let loop: any EventLoop
    private let concurrency: Int
    private let timeout: Duration
    private let trustRoots: NIOSSLTrustRoots
    private var pools: [String: VendorOriginPool] = [:]
    private lazy var slots = RequestSlots(concurrency, on: loop) { [unowned self] in begin($0) }
    private var isShutDown = false

    init(concurrency: Int, timeout: Duration, trustRoots: NIOSSLTrustRoots, on loop: any EventLoop) {
        self.loop = loop
        self.concurrency = concurrency
        self.timeout = timeout
        self.trustRoots = trustRoots
    }

    /// Sends a request in its turn.
    func submit(_ exchange: VendorExchange) {
        if isShutDown { return exchange.cancel() }
        guard !exchange.isOver else { return }
        slots.enter(exchange)
    }

    func turnAway(_ endpoint: VendorEndpoint) { slots.turnAway(endpoint) }

    func shutDown() {
        isShutDown = true
        slots.shutDown()
        for pool in pools.values { pool.shutDown() }
    }

    private func begin(_ exchange: VendorExchange) {
        exchange.begin(in: slots, on: loop, timeout: timeout)
        do {
            guard let pool = try pool(for: exchange.endpoint.baseURL) else {
                return exchange.fail("The vendor's address is not a URL that a request can go to.")
            }
            pool.submit(exchange)
        } catch {
            exchange.fail(VendorOriginPool.sentence(for: error))
        }
    }

    private func pool(for baseURL: String) throws -> VendorOriginPool? {
        if let pool = pools[baseURL] { return pool }
        guard let origin = VendorOrigin(baseURL: baseURL) else { return nil }
        let pool = try VendorOriginPool(
            origin, on: loop, limit: concurrency, connectTimeout: min(timeout, .seconds(10)), trustRoots: trustRoots)
        pools[baseURL] = pool
        return pool
    }
}
