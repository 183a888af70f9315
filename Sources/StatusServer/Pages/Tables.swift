import Giftbridge

/// The shops' queues. On a phone each row becomes a card, so each cell has its column's name.
struct QueueTable {
    let queues: [ShopQueue]
    let forms: ActionForms?

    /// Maximum number of shops; `giftbridge status` shows all.
    private static let most = 100

    var html: HTML {
        let rows = queues.prefix(Self.most).map { queue -> HTML in
            let name = queue.shop.queryEncoded
            return """
                <tr><th scope="row">\(queue.shop)</th><td data-label="State">\(queue.pill.html)</td>
                \(HTML.cell("Waiting", queue.pending))
                \(HTML.cell("Sending", queue.submitting))
                \(HTML.cell("In doubt", queue.inDoubt, link: "shop=\(name)&status=in_doubt"))
                \(HTML.cell("Refused", queue.rejected + queue.failed, link: "shop=\(name)&needs=attention"))
                \(HTML.cell("Oldest", seconds: queue.oldestPendingSeconds))
                <td data-label="Allowance left" class="number">\(queue.allowanceLeft.map { "\($0)" } ?? "no limit")</td>
                \(HTML.cell("Estimated finish", seconds: queue.pending == 0 ? nil : queue.etaSeconds))
                \(HTML.cell("Sold last hour", queue.completedLastHour))
                \(forms.map { "<td class=\"act\">\($0.shop(queue))</td>" as HTML })</tr>
                """
        }
        return """
            <table class="cards"><thead><tr><th scope="col">Shop</th><th scope="col">State</th>
            <th scope="col" class="number">Waiting</th><th scope="col" class="number">Sending</th>
            <th scope="col" class="number">In doubt</th><th scope="col" class="number">Refused</th>
            <th scope="col" class="number">Oldest</th><th scope="col" class="number">Allowance left</th>
            <th scope="col" class="number">Estimated finish</th><th scope="col" class="number">Sold last hour</th>
            \(forms.map { _ in "<th scope=\"col\"><span class=\"hidden\">Actions</span></th>" as HTML })</tr></thead>
            <tbody>\(rows)</tbody></table>
            """
    }
}

/// Orders, one row each.
struct OrderTable {
    let orders: [OrderSummary]

    var html: HTML {
        let rows = orders.map { order -> HTML in
            """
            <tr><th scope="row"><a href="/orders/\(order.id)">\(order.name)</a></th>
            <td data-label="Shop" class="name">\(order.shop)</td>
            <td data-label="State">\(order.status.pill(needsAttention: order.needsAttention).html)</td>
            <td data-label="Changed">\(HTML.moment(order.updatedAt))</td>
            <td data-label="Reason" class="why">\(order.error ?? "")</td></tr>
            """
        }
        return """
            <table class="cards"><thead><tr><th scope="col">Order</th><th scope="col">Shop</th><th scope="col">State</th>
            <th scope="col">Changed</th><th scope="col">Reason</th></tr></thead>
            <tbody>\(rows)</tbody></table>
            """
    }
}

/// The worker processes; the dead ones marked.
struct WorkerTable {
    let workers: [WorkerReport]

    private static let most = 50

    var html: HTML {
        let rows = workers.prefix(Self.most).map { worker -> HTML in
            let fault: HTML? = worker.lastError.map { text in
                "\(text)\(worker.lastErrorAt.map { " (\(HTML.moment($0)))" as HTML })"
            }
            let polls: HTML? =
                worker.state == .running && !worker.listening ? "Not listening for notifications; polling. " : nil
            return """
                <tr class="\(worker.state.rawValue)"><th scope="row">\(worker.host) <span class="quiet">\(worker.pid)</span></th>
                <td data-label="State">\(worker.state.pill.html)</td>
                <td data-label="Last seen">\(HTML.moment(worker.heartbeatAt))</td>
                \(HTML.cell("Sending", worker.inFlight))
                \(HTML.cell("Completed", worker.completed))
                \(HTML.cell("Refused", worker.rejected))
                \(HTML.cell("In doubt", worker.inDoubt))
                <td data-label="Version">\(worker.version)</td>
                <td data-label="Last error" class="why">\(polls)\(fault)</td></tr>
                """
        }
        return """
            <table class="cards"><thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col">Last seen</th>
            <th scope="col" class="number">Sending</th><th scope="col" class="number">Completed</th>
            <th scope="col" class="number">Refused</th><th scope="col" class="number">In doubt</th>
            <th scope="col">Version</th><th scope="col">Last error</th></tr></thead>
            <tbody>\(rows)</tbody></table>
            """
    }
}

extension HTML {
    /// A table's cell with a number; a zero is hidden on a phone.
    fileprivate static func cell(_ label: String, _ number: Int, link query: String? = nil) -> HTML {
        let content: HTML =
            number > 0 && query != nil ? "<a href=\"/orders?\(query ?? "")\">\(number)</a>" : "\(number)"
        return "<td data-label=\"\(label)\" class=\"number\(number == 0 ? " none" : "")\">\(content)</td>"
    }

    /// A cell with a duration, or none.
    fileprivate static func cell(_ label: String, seconds: Double?) -> HTML {
        let text = seconds.map { "\(BriefDuration(seconds: $0))" } ?? "–"
        return "<td data-label=\"\(label)\" class=\"number\(seconds == nil ? " none" : "")\">\(text)</td>"
    }
}

extension OrderSummary {
    /// The order's number as people use it.
    var name: String { shopOrderID ?? "gb-\(id)" }
}

extension String {
    /// The text encoded as part of a query.
    var queryEncoded: String {
        var encoded = ""
        for byte in utf8 {
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
                encoded.append(character)
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
