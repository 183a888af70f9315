-- Whether any order is not at its end.
SELECT EXISTS (SELECT FROM giftbridge.orders WHERE status = 'submitting')
    OR EXISTS (SELECT FROM giftbridge.orders WHERE status = 'pending')
    OR EXISTS (SELECT FROM giftbridge.orders WHERE status = 'in_doubt') AS is_open
