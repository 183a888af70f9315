/// Orders completed in each minute of the last hour, as a small bar chart.
struct RateChart {
    /// 60 counts, the oldest minute first.
    let minutes: [Int]

    private static let width = 10
    private static let height = 100

    var html: HTML {
        let total = minutes.reduce(0, +)
        let most = minutes.max() ?? 0
        guard most > 0 else { return "<p class=\"quiet\">Nothing was sold within the last hour.</p>" }
        let bars = minutes.enumerated().compactMap { index, count -> HTML? in
            guard count > 0 else { return nil }
            // A count above zero always shows a bar.
            let size = max(count * Self.height / most, 2)
            let ago = minutes.count - index - 1
            return """
                <rect x="\(index * Self.width + 1)" y="\(Self.height - size)" width="\(Self.width - 2)" height="\(size)" rx="1">\
                <title>\(count) \(ago == 0 ? "in this minute" : "\(ago) min ago")</title></rect>
                """
        }
        return """
            <figure class="chart">
            <figcaption><strong>\(total)</strong> orders sold within the last hour, maximum \(most) per minute</figcaption>
            <svg viewBox="0 0 \(minutes.count * Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
            aria-label="Orders sold in each minute of the last hour">\(bars)</svg>
            <div class="axis"><span>1 h ago</span><span>30 min</span><span>now</span></div>
            </figure>
            """
    }
}
