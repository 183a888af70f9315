import Testing
@Test func placeholderDecisions() { }
