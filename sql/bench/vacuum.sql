VACUUM (ANALYZE) giftbridge.orders, giftbridge.submissions
