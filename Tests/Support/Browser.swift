import Foundation
import Synchronization

/// A headless Chromium, driven over its DevTools protocol (standard input and output as its pipes).
package final class Browser: Sendable {
    /// The browser that is installed, if there is one; `.ci/browser` installs it.
    package static let tool = Tool(
        "Chromium", package: "chromium",
        paths: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"])

    /// A failure that the browser told of.
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    private struct State {
        var buffer = Data()
        var nextID = 1
        var answers: [Int: CheckedContinuation<Data, any Error>] = [:]
        var events: [String] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let profile: URL
    private let session = Mutex("")

    /// Runs a browser with one page while `body` runs.
    package static func run<Value: Sendable>(_ body: (Browser) async throws -> Value) async throws -> Value {
        let browser = try Browser()
        defer { browser.end() }
        try await browser.attach()
        return try await body(browser)
    }

    private init() throws {
        let path = try Self.tool.required()
        profile = FileManager.default.temporaryDirectory.appending(path: "giftbridge-browser-\(UUID())")
        try FileManager.default.createDirectory(at: profile, withIntermediateDirectories: true)
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Chromium reads commands from descriptor 3 and writes answers to 4. As root it runs only without its sandbox; the pages
        // are our own.
        process.arguments = [
            "-c", #"exec "$0" "$@" 3<&0 4>&1 >/dev/null 2>&1"#, path, "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe",
            "--user-data-dir=\(profile.path)", "about:blank",
        ]
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": profile.path, "LANG": "C.UTF-8"]
        process.standardInput = input
        process.standardOutput = output
        output.fileHandleForReading.readabilityHandler = { [weak self] handle in self?.read(handle.availableData) }
        try process.run()
    }

    private func end() {
        output.fileHandleForReading.readabilityHandler = nil
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: profile)  // It is in the temporary folder anyway.
    }

    // MARK: The protocol

    private func read(_ data: Data) {
        let (answered, isOver) = state.withLock { state -> ([(CheckedContinuation<Data, any Error>, Data)], Bool) in
            state.buffer.append(data)
            var answered: [(CheckedContinuation<Data, any Error>, Data)] = []
            while let end = state.buffer.firstIndex(of: 0) {
                let message = Data(state.buffer[state.buffer.startIndex..<end])
                state.buffer.removeSubrange(state.buffer.startIndex...end)
                // What is no JSON is no answer.
                let json = (try? JSONSerialization.jsonObject(with: message)) as? [String: Any]
                if let id = json?["id"] as? Int, let waiter = state.answers.removeValue(forKey: id) {
                    answered.append((waiter, message))
                } else if json?["method"] != nil {
                    state.events.append(String(decoding: message, as: UTF8.self))
                }
            }
            if data.isEmpty { state.isOver = true }
            return (answered, data.isEmpty)
        }
        for (waiter, message) in answered { waiter.resume(returning: message) }
        guard isOver else { return }
        output.fileHandleForReading.readabilityHandler = nil
        let left = state.withLock { state in
            defer { state.answers = [:] }
            return state.answers.values.map(\.self)
        }
        for waiter in left { waiter.resume(throwing: Failed(description: "the browser is gone")) }
    }

    /// Sends a command and waits for its answer.
    private func call(_ method: String, _ parameters: [String: Any] = [:]) async throws -> [String: Any] {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        var message: [String: Any] = ["id": id, "method": method, "params": parameters]
        let session = session.withLock { $0 }
        if !session.isEmpty { message["sessionId"] = session }
        let data = try JSONSerialization.data(withJSONObject: message) + [0]
        let answer = try await withCheckedThrowingContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.answers[id] = continuation }
                return state.isOver
            }
            if isOver { return continuation.resume(throwing: Failed(description: "the browser is gone")) }
            do {
                try input.fileHandleForWriting.write(contentsOf: data)
            } catch {
                state.withLock { $0.answers.removeValue(forKey: id) }?.resume(throwing: error)
            }
        }
        let json = try JSONSerialization.jsonObject(with: answer) as? [String: Any] ?? [:]
        if let error = json["error"] { throw Failed(description: "\(method): \(error)") }
        return json["result"] as? [String: Any] ?? [:]
    }

    private func attach() async throws {
        let targets = try await call("Target.getTargets")["targetInfos"] as? [[String: Any]] ?? []
        guard let page = targets.first(where: { $0["type"] as? String == "page" })?["targetId"] as? String else {
            throw Failed(description: "the browser has no page")
        }
        let answer = try await call("Target.attachToTarget", ["targetId": page, "flatten": true])
        session.withLock { $0 = answer["sessionId"] as? String ?? "" }
        for domain in ["Page", "Runtime", "Log"] { _ = try await call("\(domain).enable") }
    }

    // MARK: What a person does

    /// Sets the window and the colour scheme.
    package func show(width: Int, height: Int = 900, isDark: Bool) async throws {
        _ = try await call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
        let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        _ = try await call("Emulation.setEmulatedMedia", ["features": [scheme]])
    }

    /// Opens a page and waits until it is there.
    package func open(_ url: String) async throws {
        let answer = try await call("Page.navigate", ["url": url])
        if let error = answer["errorText"] { throw Failed(description: "\(url): \(error)") }
        try await wait(for: "document.readyState === 'complete' && location.href !== 'about:blank'")
    }

    /// What a piece of JavaScript evaluates to, as text.
    package func evaluate(_ script: String) async throws -> String {
        let answer = try await call("Runtime.evaluate", ["expression": "String(\(script))", "returnByValue": true])
        if let exception = answer["exceptionDetails"] { throw Failed(description: "\(script): \(exception)") }
        return (answer["result"] as? [String: Any])?["value"] as? String ?? ""
    }

    /// Waits until a condition in JavaScript holds.
    package func wait(for condition: String, within bound: Duration = .seconds(30)) async throws {
        let deadline = ContinuousClock.now + bound
        while ContinuousClock.now < deadline {
            // While a page is left for another there is nothing to ask.
            if (try? await evaluate(condition)) == "true" { return }
            try await Task.sleep(for: .milliseconds(30))
        }
        throw TimedOut(what: "in the browser: \(condition); it shows \(try await evaluate("document.body.innerText"))")
    }

    /// A picture of the whole page, as PNG.
    package func screenshot() async throws -> Data {
        let answer = try await call("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
        return (answer["data"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data()
    }

    /// What the browser complained about: errors of scripts, and what the content security policy refused.
    package var complaints: [String] {
        state.withLock { state in
            state.events.filter {
                $0.contains("\"Runtime.exceptionThrown\"")
                    || ($0.contains("\"Log.entryAdded\"") && $0.contains("\"level\":\"error\""))
            }
        }
    }
}
