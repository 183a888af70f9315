import Glibc

/// CPU seconds so far of all who take part in a measurement, and of those who do not.
struct CPUUsage {
    private(set) var worker: Double
    private(set) var peer: Double
    /// Nil: the server is on another machine.
    private(set) var server: Double?
    private var bench: Double
    private var machine: Double

    init(_ scene: Scene, _ worker: WorkerProcess) {
        self.worker = ProcessUsage.cpuSeconds(pid: worker.pid) ?? 0
        peer = ProcessUsage.cpuSeconds(pid: scene.peer.pid) ?? 0
        server = scene.postmaster.flatMap(ProcessUsage.cpuSeconds(familyOf:))
        bench = ProcessUsage.cpuSeconds(pid: getpid()) ?? 0
        machine = ProcessUsage.machineBusySeconds()
    }

    /// All other processes on the machine; with `--database-url` the server is among them.
    var others: Double { max(machine - worker - peer - bench - (server ?? 0), 0) }

    static func - (after: CPUUsage, before: CPUUsage) -> CPUUsage {
        var used = after
        used.worker -= before.worker
        used.peer -= before.peer
        used.server = after.server.flatMap { after in before.server.map { after - $0 } }
        used.bench -= before.bench
        used.machine -= before.machine
        return used
    }
}
