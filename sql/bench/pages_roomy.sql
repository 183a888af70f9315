-- As migrations/ has them.
DO $$
BEGIN
    ALTER TABLE giftbridge.orders SET (fillfactor = 85);
    ALTER TABLE giftbridge.submissions SET (fillfactor = 40);
END
$$
