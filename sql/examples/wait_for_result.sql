-- How a shop waits for its order: LISTEN before the INSERT, then read the row whenever a notification comes, and also
-- once a second, because notifications can be lost.
LISTEN giftbridge_results;
SELECT status, order_reference, voucher_codes, error FROM giftbridge.orders
WHERE shop = 'default' AND shop_order_id = '100045';
