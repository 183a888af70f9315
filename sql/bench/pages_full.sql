-- Rows that are filled in leave no room on their pages, as at the end of an order's life: what fillfactor keeps free is used up
-- by the order's own changes then.
DO $$
BEGIN
    ALTER TABLE giftbridge.orders SET (fillfactor = 100);
END
$$
