import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// An order's history as text for a terminal.
struct StoryText {
    private let story: OrderStory
    private let codes: [String]?

    init(_ story: OrderStory, codes: [String]? = nil) {
        self.story = story
        self.codes = codes
    }

    func lines(_ terminal: Terminal) -> [String] {
        let order = story.order
        var lines = [
            terminal.styled(
                Terminal.plain(
                    "Order \(order.id) · shop \(order.shop)"
                        + (order.shopOrderID.map { " · shop order number \($0)" } ?? "")),
                .bold)
        ]
        lines.append(
            terminal.styled(order.status.rawValue, order.style) + (order.needsAttention ? ": needs attention" : ""))
        if let error = order.error { lines += terminal.wrapped(error) }
        lines += terminal.wrapped(summary)
        if let codes, !codes.isEmpty { lines += terminal.wrapped("codes " + codes.joined(separator: " ")) }

        lines += ["", terminal.styled("What happened (UTC)", .bold)]
        for event in story.timeline {
            lines.append("  \(Self.clock(event.at))  " + Terminal.plain(event.what))
            if let detail = event.detail {
                lines += terminal.wrapped(detail, indent: 27).map { terminal.styled($0, .dim) }
            }
        }

        let outlook = story.outlook
        lines += ["", terminal.styled("What happens next", .bold)]
        lines += terminal.wrapped(outlook.next + (outlook.at.map { " \(when($0))." } ?? ""), indent: 2)
        if !outlook.options.isEmpty {
            lines += ["", terminal.styled("What you can do", .bold)]
            for option in outlook.options {
                if let command = option.command {
                    lines.append("  " + terminal.styled(command, .bold))
                    lines += terminal.wrapped(option.what, indent: 4)
                } else {
                    lines += terminal.wrapped(option.what, indent: 2)
                }
            }
        }
        return lines
    }

    private var summary: String {
        let order = story.order
        return [
            order.items == 1 ? "1 voucher" : "\(order.items) vouchers",
            order.attempts == 1 ? "1 attempt" : "\(order.attempts) attempts",
            order.orderReference.map { "reference \($0)" },
            codes == nil ? order.codes.map { $0 == 1 ? "1 code" : "\($0) codes" } : nil,
        ].compactMap(\.self).joined(separator: ", ")
    }

    /// `Expected in 12 s, at 2026-11-23 03:07:11 UTC`
    private func when(_ date: Date) -> String {
        let seconds = date.timeIntervalSince(story.facts.lookedAt)
        return seconds < 1
            ? "Expected now" : "Expected in \(BriefDuration(seconds: seconds)), at \(Self.clock(date, 0)) UTC"
    }

    /// A time in UTC, as in logs.
    static func clock(_ date: Date, _ digits: Int = 3) -> String {
        var style = Date.ISO8601FormatStyle(dateTimeSeparator: .space)
        style =
            digits > 0 ? style.time(includingFractionalSeconds: true) : style.time(includingFractionalSeconds: false)
        return date.formatted(style.year().month().day())
    }
}
