-- All at once, so that the trigger that keeps open orders from being truncated finds none.
DO $$
BEGIN
    TRUNCATE giftbridge.due, giftbridge.in_flight, giftbridge.attention, giftbridge.lookups, giftbridge.codes, giftbridge.journal;
    TRUNCATE giftbridge.orders;
END
$$
