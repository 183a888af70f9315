-- Puts an order in doubt after a request whose outcome is unknown. If a verification can prove the outcome, the order is verified
-- automatically; otherwise it needs a decision. The account to which it was sent is recorded permanently.
--
-- p_flight: the attempt, taken out of in_flight. p_sentence: what happened. p_verify_after: the delay until it is verified; null: the
-- caller decides what happens next.
-- Called by rescue and settle_one. The order is locked.
CREATE OR REPLACE FUNCTION giftbridge.doubt(
    p_flight giftbridge.in_flight, p_sentence text, p_verify_after interval, p_max_verifications integer, p_lane smallint
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_order giftbridge.orders;
    v_next  text;    -- the second half of the sentence
    v_waits boolean := false;
BEGIN
    SELECT o.* INTO v_order FROM giftbridge.orders AS o WHERE o.id = p_flight.order_id;
    IF NOT FOUND OR v_order.status = 'completed' THEN
        RETURN;
    END IF;
    IF p_verify_after IS NULL THEN
        v_next := NULL;
    ELSIF NOT EXISTS (SELECT FROM giftbridge.codes AS c WHERE c.order_id = v_order.id AND c.is_assigned) THEN
        v_next := 'Giftbridge did not assign this order''s codes, so it cannot verify the sale: ask the vendor, then resolve the order.';
    ELSIF (SELECT t.codes_ignored_at IS NOT NULL FROM giftbridge.shop_state AS t WHERE t.shop = v_order.shop) THEN
        v_next := 'This vendor ignores voucher codes, so sending the order again could sell it twice: ask the vendor, then resolve the order.';
    ELSIF v_order.verifications + (p_flight.kind <> 'sale')::integer >= p_max_verifications THEN
        v_next := format('%s verifications left it unknown: ask the vendor, then resolve the order.', p_max_verifications);
    ELSE
        v_next := 'Giftbridge will verify it.';
        v_waits := true;
    END IF;
    UPDATE giftbridge.orders AS o
    SET status = 'in_doubt', in_doubt_since = coalesce(o.in_doubt_since, now()), was_in_doubt = true, updated_at = now(),
        attempts = greatest(o.attempts, p_flight.attempt), error = concat_ws(' ', p_sentence, v_next),
        verifications = o.verifications + (p_flight.kind <> 'sale')::integer,
        sent_to = coalesce(o.sent_to, p_flight.account || '@' || p_flight.api_host),
        sent_payment_method = coalesce(o.sent_payment_method, p_flight.payment_method)
    WHERE o.id = v_order.id;
    IF v_waits THEN
        INSERT INTO giftbridge.due (order_id, shop, lane, due_at) VALUES (v_order.id, v_order.shop, p_lane, now() + p_verify_after)
        ON CONFLICT (order_id) DO NOTHING;
    ELSIF p_verify_after IS NOT NULL THEN
        INSERT INTO giftbridge.attention (order_id, shop, status) VALUES (v_order.id, v_order.shop, 'in_doubt')
        ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, since = excluded.since;
    END IF;
END
$$;
COMMENT ON FUNCTION giftbridge.doubt(giftbridge.in_flight, text, interval, integer, smallint) IS 'Puts an order in doubt after a request whose outcome is unknown.';
