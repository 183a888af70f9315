-- As migrations/ has them.
DO $$
BEGIN
    ALTER TABLE giftbridge.orders SET (fillfactor = 80);
END
$$
