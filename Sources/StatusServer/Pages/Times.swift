import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension HTML {
    /// A moment, relative to now; its title is the exact time in UTC.
    static func moment(_ date: Date, now: Date = .now) -> HTML {
        let seconds = now.timeIntervalSince(date)
        let distance = "\(BriefDuration(seconds: seconds))"
        let text = abs(seconds) < 1 ? "now" : seconds > 0 ? "\(distance) ago" : "in \(distance)"
        return "<time datetime=\"\(date.iso)\" title=\"\(date.readable)\">\(text)</time>"
    }

    /// A moment in full, in UTC.
    static func exactly(_ date: Date) -> HTML {
        "<time datetime=\"\(date.iso)\">\(date.readable)</time>"
    }
}

extension Date {
    fileprivate var iso: String { formatted(Date.ISO8601FormatStyle()) }

    /// `2026-11-23 03:07:11 UTC`
    fileprivate var readable: String {
        iso.replacing("T", with: " ").replacing("Z", with: " UTC")
    }
}
