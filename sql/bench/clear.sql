TRUNCATE giftbridge.submissions, giftbridge.orders
