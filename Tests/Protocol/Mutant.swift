/// A guard of the protocol that is taken out, to show that the walk sees it missing.
struct Mutant: Sendable, CustomStringConvertible {
    let name: String
    /// Below `sql/`.
    let file: String
    let guarded: String
    let without: String
    var leaning = Leaning.even
    var description: String { name }

    /// The function without its guard.
    ///
    /// - Throws: ``BrokenPromise`` where the guard is not in the text: then the mutant would show nothing.
    func applied(to text: String) throws -> String {
        guard text.contains(guarded) else { throw BrokenPromise(description: "\(file) has no \(guarded)") }
        return text.replacing(guarded, with: without)
    }

    static let all = [
        Mutant(
            name: "fence", file: "functions/settle_one.sql",
            guarded: "WHERE f.order_id = p_order_id AND f.token = p_token RETURNING",
            without: "WHERE f.order_id = p_order_id RETURNING"),
        Mutant(
            name: "derived_codes", file: "functions/derived_code.sql", guarded: "p_secret || p_content ||",
            without: "p_secret || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) ||"),
        Mutant(
            name: "refusal_remembered", file: "functions/settle_one.sql",
            guarded: "p_match = 'taken' AND (v_order.was_refused OR v_has_site)",
            without: "p_match = 'taken' AND v_has_site",
            leaning: .refusals),
        Mutant(
            name: "half_allowance", file: "functions/claim.sql",
            guarded: "IF v_lane.lane >= 200 AND giftbridge.waits_fresh(",
            without: "IF false AND giftbridge.waits_fresh(",
            leaning: .fewPlaces),
        Mutant(
            name: "doubt_remembered", file: "functions/settle_one.sql",
            guarded: "p_status IN ('rejected', 'failed') AND v_order.was_in_doubt",
            without: "p_status IN ('rejected', 'failed') AND false"),
        Mutant(
            name: "rescue_to_doubt", file: "functions/rescue.sql",
            guarded:
                "PERFORM giftbridge.doubt(v_flight, 'Outcome unknown: the worker disappeared while the request was in flight.', p_verify_after,\n                p_max_verifications, 201::smallint);",
            without:
                "INSERT INTO giftbridge.due (order_id, shop, lane, due_at) VALUES (v_flight.order_id, v_flight.shop, 0, v_now);"
        ),
        Mutant(
            name: "allowance_counted", file: "functions/place_free_at.sql",
            guarded: "p_claimed_at + p_window + giftbridge",
            without: "p_claimed_at + p_window / 2 + giftbridge",
            leaning: .fewPlaces),
        Mutant(
            name: "account_kept", file: "functions/claim.sql",
            guarded: "d.lane < 200 OR (SELECT o.sent_to", without: "true OR (SELECT o.sent_to"),
        Mutant(
            name: "foreign_codes", file: "functions/has_foreign_code.sql", guarded: "AND c.order_id <> p_order_id",
            without: "AND false"),
        Mutant(
            name: "late_success", file: "functions/settle_late.sql",
            guarded: "ELSIF p_codes IS NOT NULL AND v_order.completed_at IS NULL THEN\n",
            without: "ELSIF p_codes IS NOT NULL AND v_order.completed_at IS NULL THEN\nELSIF false THEN\n"),
        Mutant(
            name: "late_refusal", file: "functions/settle_late.sql", guarded: "SET was_refused = true",
            without: "SET was_refused = o.was_refused",
            leaning: .refusals),
        Mutant(
            name: "ignored_codes", file: "functions/refuse_unverifiable.sql", guarded: "(p_codes_ignored AND",
            without: "(false AND"),
        Mutant(
            name: "look_up_finds_nothing", file: "functions/settle_lookup.sql",
            guarded: "p_max_verifications\n            AND v_is_assigned", without: "p_max_verifications",
            leaning: .chosenCodes),
        Mutant(
            name: "added_items", file: "functions/orders_changed.sql", guarded: "v_known.code = v_code OR",
            without: "v_known.code IS NOT DISTINCT FROM v_code OR"),
    ]
}
