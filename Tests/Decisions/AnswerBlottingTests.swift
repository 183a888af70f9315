import Testing

@testable import Giftbridge

/// What the journal keeps of an answer.
@Suite("What the journal's answers hide")
struct AnswerBlottingTests {
    @Test("A receipt's codes are blotted out of the answer that the journal keeps")
    func receipts() {
        let text = ClaimedOrder.of().blotted(
            #"{"voucher_codes":["THEIRS1","THEIRS12"],"to":"ann@example.com"}"#, ["THEIRS1", "THEIRS12"])
        #expect(text == #"{"voucher_codes":["…","…"],"to":"…"}"#)
        #expect(ClaimedOrder.unreadable().blotted("a THEIRS1\0", ["THEIRS1"]) == "a …")
    }

    @Test("Blotting is by bytes, the longest first, and leaves everything else as it was")
    func byBytes() {
        #expect("aXbxXAxb".blotting(["x", "xa"]) == "a…b………b")
        #expect("aXbxXAxb".blotting(["xa", "x"]) == "a…b………b")
        #expect("é".blotting(["\u{C3}"]) == "é")
        #expect("ZOË zoë".blotting(["ZOË"]) == "… zoë", "only ASCII letters fold")
        #expect("".blotting(["x"]) == "" && "x".blotting([]) == "x" && "x".blotting([""]) == "x")
        #expect("\0a\0".blotting([]) == "a")
    }
}
