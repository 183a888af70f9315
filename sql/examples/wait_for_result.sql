-- How a shop waits for its order: LISTEN before the INSERT, then look at the row whenever a notification comes (and once a
-- second besides: a lost connection loses notifications, the row never lies).
LISTEN giftbridge_results;
SELECT status, order_reference, voucher_codes, error FROM giftbridge.orders
WHERE shop = 'default' AND shop_order_id = '100045';
