-- Records that an order was claimed as a probe; no other order is claimed as one until its lease is over. Called by claim, after probe has locked the rows.
CREATE OR REPLACE FUNCTION giftbridge.probing(
    p_worker text, p_shop text, p_account text, p_host text, p_order_id bigint, p_lease interval, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE giftbridge.unreachable AS u SET probe_at = p_now + p_lease WHERE u.worker = p_worker AND u.api_host = p_host;
    UPDATE giftbridge.set_aside AS a SET probe_at = p_now + p_lease, last_order = p_order_id
    WHERE a.shop = p_shop AND a.account = p_account || '@' || p_host;
END
$$;
COMMENT ON FUNCTION giftbridge.probing(text, text, text, text, bigint, interval, timestamptz) IS 'Records that an order was claimed as a probe.';
