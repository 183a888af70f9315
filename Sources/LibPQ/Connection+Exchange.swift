import Synchronization

extension Connection {
    /// Gives a command its place in the queue, and sends it if the wire is free.
    func submit(_ command: Command) throws {
        if let end { throw end }
        try Task.checkCancellation()
        commands.append(command)
        sendNext()
    }

    private func sendNext(isRepeated: Bool = false) {
        guard end == nil, exchange == nil, let command = commands.first else { return }
        let next = Exchange(command, known: prepared, isRepeated: isRepeated) {
            lastName += 1
            return "kept_\(lastName)"
        }
        exchange = next
        // What the server said while nothing was under way belongs to no command.
        _ = wire.takeWarnings()
        if next.send(on: wire) { flush() } else { finish(.lost(wire.reason)) }
    }

    /// Has the loop report the socket. From now on a lost connection is noticed while idle too.
    func startWatching() {
        let watch = SocketWatch(descriptor: wire.descriptor) { [weak self] event in
            self?.assumeIsolated { $0.socketHas(event) }
        }
        self.watch = watch
        loop.add(watch)
        // What came with the last bytes of the opening is in libpq's buffer, where the loop cannot see it.
        socketHas(.readable)
    }

    private func socketHas(_ event: SocketWatch.Event) {
        guard end == nil else { return }
        if event == .deadlinePassed {
            finish(.timedOut, cancelling: true)
            return
        }
        // Before a failure is acted upon: the server's last words, and notifications, may be in the buffer.
        let isReadable = wire.consume()
        receive()
        guard end == nil else { return }
        wire.takeNotifications(onNotify)
        // libpq may have given the session up while it read what was buffered.
        guard isReadable, wire.isAlive else {
            finish(.lost(wire.reason))
            return
        }
        flush()
    }

    /// Writes as much as the socket accepts, and waits for the loop to report when it accepts more.
    private func flush() {
        guard let isMoreLeft = wire.flush() else {
            finish(.lost(wire.reason))
            return
        }
        // The server may be waiting for us to read before it reads on: reading is always of interest.
        let descriptor = wire.descriptor
        let deadline = exchange == nil ? nil : options.commandTimeout.map { ContinuousClock.now + $0 }
        watch?.state.withLock { ($0.wantsWrite, $0.descriptor, $0.deadline) = (isMoreLeft, descriptor, deadline) }
    }

    /// Takes the answers that have come as a whole. Bounded: every round takes something that was read, and an end
    /// though more is due is an error, not another round.
    private func receive() {
        while exchange != nil, let answer = wire.nextAnswer() {
            switch exchange?.take(answer) {
            case .complete: complete()
            case .broken(let reason): finish(.lost(reason ?? wire.reason))
            case .more, nil: break
            }
        }
    }

    /// Resumes the waiter, and sends the next command.
    private func complete() {
        guard let exchange else { return }
        if exchange.isPipeline, !wire.exitPipeline() {
            finish(.lost("the server's answer to a pipeline does not fit it: \(wire.reason)"))
            return
        }
        self.exchange = nil
        for (key, name) in exchange.newlyPrepared { prepared[key] = name }
        let stale = exchange.stale
        for key in stale { prepared[key] = nil }
        // In a transaction of the caller's own the error has undone more than this command.
        if !stale.isEmpty, !exchange.isRepeated, wire.isOutsideTransaction {
            sendNext(isRepeated: true)
            return
        }
        watch?.state.withLock { $0.deadline = nil }
        commands.removeFirst()
        exchange.command.settle(.init(outcome: exchange.outcome, warnings: wire.takeWarnings()))
        sendNext()
    }
}
