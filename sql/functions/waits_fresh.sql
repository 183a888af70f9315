-- Whether an order that was not sent before waits for the same allowance. Called by claim, whose planner settings it uses.
CREATE OR REPLACE FUNCTION giftbridge.waits_fresh(p_allowance text, p_shop text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM giftbridge.due AS d WHERE d.shop = p_shop AND d.lane <= 100 AND d.due_at <= p_now)
        OR EXISTS (
            SELECT FROM giftbridge.shop_state AS t
            WHERE t.allowance = p_allowance AND t.shop <> p_shop AND EXISTS (
                SELECT FROM giftbridge.due AS d WHERE d.shop = t.shop AND d.lane <= 100 AND d.due_at <= p_now));
END
$$;
COMMENT ON FUNCTION giftbridge.waits_fresh(text, text, timestamptz) IS 'Whether an order that was not sent before waits for the same allowance.';
