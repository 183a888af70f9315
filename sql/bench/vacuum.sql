VACUUM (ANALYZE) giftbridge.orders, giftbridge.codes, giftbridge.due, giftbridge.in_flight, giftbridge.journal
