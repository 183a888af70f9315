import Giftbridge
import Synchronization

/// The sessions of signed-in users: random ids in cookies, and their data in this process's memory. A restart signs all out.
final class Sessions: Sendable {
    private struct Session {
        let until: ContinuousClock.Instant
        /// A random word per form, so that no other site can send it.
        var forms: [String: String] = [:]
    }

    private struct State {
        var sessions: [String: Session] = [:]
        /// Recent wrong tokens, by the address that they came from.
        var failures: [String: [ContinuousClock.Instant]] = [:]

        mutating func forgetOldFailures() {
            failures = failures.compactMapValues { times in
                let late = times.filter { .now - $0 <= .seconds(60) }
                return late.isEmpty ? nil : late
            }
        }

        /// Records a wrong token. If there are too many addresses, the one with the oldest failure is forgotten.
        mutating func note(failureFrom address: String) {
            failures[address, default: []].append(.now)
            guard failures.count > Sessions.mostAddresses,
                let oldest = failures.min(by: { ($0.value.last ?? .now) < ($1.value.last ?? .now) })
            else { return }
            failures[oldest.key] = nil
        }
    }

    /// How long a session lasts.
    static let lifetime: Duration = .seconds(8 * 3600)
    private static let most = 100
    private static let mostForms = 1000
    private static let mostFailures = 10
    private static let mostAddresses = 1000

    private let state = Mutex(State())
    private let token: HTTPToken

    init(token: HTTPToken) { self.token = token }

    /// The result of an attempt to sign in.
    enum Entry: Equatable {
        /// The new session's id.
        case entered(String)
        case wrong
        /// Too many from the same address were wrong within the last minute.
        case later
    }

    /// Signs in.
    ///
    /// - Parameter address: Where the attempt comes from. Wrong tokens block only this address, so that an attacker cannot lock others out.
    func enter(token text: String, from address: String) -> Entry {
        let isRight = token.matches(text)
        return state.withLock { state in
            state.forgetOldFailures()
            guard state.failures[address, default: []].count < Self.mostFailures else { return .later }
            guard isRight else {
                state.note(failureFrom: address)
                return .wrong
            }
            state.sessions = state.sessions.filter { $0.value.until > .now }
            if state.sessions.count >= Self.most,
                let oldest = state.sessions.min(by: { $0.value.until < $1.value.until })
            {
                state.sessions[oldest.key] = nil
            }
            let id = Self.randomWord()
            state.sessions[id] = Session(until: .now + Self.lifetime)
            return .entered(id)
        }
    }

    /// Number of addresses with recent wrong tokens.
    var failureAddresses: Int { state.withLock { $0.failures.count } }

    /// Whether a session is valid.
    func isSignedIn(_ id: String) -> Bool {
        state.withLock { ($0.sessions[id]?.until ?? .now) > .now }
    }

    /// Ends a session.
    func leave(_ id: String) {
        state.withLock { $0.sessions[id] = nil }
    }

    /// The word that a form has to send; the same for as long as the session lasts.
    ///
    /// - Parameter form: The form: its target and what it acts on.
    func word(for form: String, session id: String) -> String {
        state.withLock { state in
            guard var session = state.sessions[id] else { return "" }
            if let word = session.forms[form] { return word }
            if session.forms.count >= Self.mostForms { session.forms = [:] }
            let word = Self.randomWord()
            session.forms[form] = word
            state.sessions[id] = session
            return word
        }
    }

    /// Whether a form sent the word that was issued for it.
    func accepts(_ word: String, for form: String, session id: String) -> Bool {
        let expected = state.withLock { state in
            state.sessions[id].flatMap { $0.until > .now ? $0.forms[form] : nil }
        }
        return expected.map { HTTPToken.isEqual(Array(word.utf8), Array($0.utf8)) } ?? false
    }

    /// 256 random bits from the system, as text.
    private static func randomWord() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in String(UInt64.random(in: .min ... .max, using: &generator), radix: 36) }.joined()
    }
}
